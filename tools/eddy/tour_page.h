// The parts of the tour's page.
#pragma once

#include <cstddef>
#include <string>

#include "tour_report.h"

// The plots of one scene, all stages side by side.
std::string plots_of(const tour_report& report, std::size_t scene_index);

std::string in_digits(double value, int digits);
// Safe within HTML's text.
std::string escaped(const std::string& text);
