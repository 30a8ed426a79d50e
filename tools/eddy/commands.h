// The words that `eddy` knows. Each takes the arguments behind its word and returns the exit
// status.
#pragma once

#include <string>
#include <vector>

using arguments = std::vector<std::string>;

int info_command(const arguments& args);
int serve_command(const arguments& args);
int load_command(const arguments& args);
int get_command(const arguments& args);
int run_command(const arguments& args);
int tour_command(const arguments& args);
