// A unit that includes all of the coroutine face, and uses nothing of it.
#include <eddy/eddy.hpp>
