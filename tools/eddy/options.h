// Command-line options: --name VALUE and --name.
#pragma once

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "commands.h"

// What the user did wrong, and what to do instead; ends the command with status 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class option_reader {
 public:
  void value(const std::string& name, std::string& into) {
    with_value_[name] = [&into](const std::string& text) { into = text; };
  }
  // A number from `least` to `most`.
  void number(const std::string& name, long& into, long least, long most) {
    with_value_[name] = [&into, name, least, most](const std::string& text) {
      const char* end = text.data() + text.size();
      const auto [stopped, error] = std::from_chars(text.data(), end, into);
      if (error != std::errc() || stopped != end || into < least || into > most)
        throw usage_error(name + " takes a number from " + std::to_string(least) + " to " +
                          std::to_string(most) + ", not \"" + text + "\"");
    };
  }
  void flag(const std::string& name, bool& into) {
    flags_[name] = [&into] { into = true; };
  }

  // What stands without an option's name before it.
  void words(arguments& into) { words_ = &into; }

  // False when --help was asked for.
  bool read(const arguments& args) {
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (args[i] == "--help") return false;
      if (const auto flag = flags_.find(args[i]); flag != flags_.end()) {
        flag->second();
        continue;
      }
      if (words_ != nullptr && args[i].rfind('-', 0) != 0) {
        words_->push_back(args[i]);
        continue;
      }
      const auto option = with_value_.find(args[i]);
      if (option == with_value_.end())
        throw usage_error("\"" + args[i] + "\" is not known here; --help lists what is");
      if (++i == args.size()) throw usage_error(option->first + " needs a value; see --help");
      option->second(args[i]);
    }
    return true;
  }

 private:
  arguments* words_ = nullptr;
  std::map<std::string, std::function<void(const std::string&)>> with_value_;
  std::map<std::string, std::function<void()>> flags_;
};
