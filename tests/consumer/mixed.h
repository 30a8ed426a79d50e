#pragma once

#include <eddy/eddy.hpp>

eddy::task<int> add_one(int n);
eddy::async_generator<int> one_two_three();
eddy::task<int> take_one(eddy::async_generator<int>& from);
