// Expected failures that a person will read: what went wrong, where, and what would be right, in one sentence.
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>

namespace truemirror {

struct Problem {
  std::string text;  // "--sample: 'ten' is no percentage; write 10% or 0.1"
};

template <class T>
using Result = boost::system::result<T, Problem>;

// Called by Result::value() on an error, which only tests do.
[[noreturn]] inline void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
  throw std::runtime_error(problem.text);
}

}  // namespace truemirror
