// eddy/eddy.hpp - all of the coroutine face.
#pragma once

#include <eddy/async_generator.hpp>
#include <eddy/backends.hpp>
#include <eddy/blocking.hpp>
#include <eddy/cancellation.hpp>
#include <eddy/channel.hpp>
#include <eddy/error.hpp>
#include <eddy/event.hpp>
#include <eddy/interval.hpp>
#include <eddy/loop.hpp>
#include <eddy/loop_group.hpp>
#include <eddy/mutex.hpp>
#include <eddy/operation.hpp>
#include <eddy/result.hpp>
#include <eddy/resume_on.hpp>
#include <eddy/scope.hpp>
#include <eddy/semaphore.hpp>
#include <eddy/task.hpp>
#include <eddy/timer.hpp>
#include <eddy/when_all.hpp>
#include <eddy/when_any.hpp>
#include <eddy/with_stop.hpp>
#include <eddy/with_timeout.hpp>
