#include "diff/timestamp.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>

namespace truemirror {
namespace {

// Takes what it reads off the front; every method fails without harm on text that is too short.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // `.123…` to nanoseconds; digits past the ninth do not count. Absent: zero.
  Nanoseconds fraction() {
    if (!skip(".") && !skip(",")) return Nanoseconds{0};
    std::int64_t value = 0, scale = 100'000'000;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value += (rest_.front() - '0') * scale;
      scale /= 10;
      rest_.remove_prefix(1);
    }
    return Nanoseconds{value};
  }

 private:
  std::string_view rest_;
};

// Years stay within what nanoseconds in 64 bits can hold (1678 to 2261).
std::optional<WallTime> day(int year, int month, int day_of_month) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day_of_month)}};
  if (!date.ok() || year < 1700 || year > 2200) return std::nullopt;
  return WallTime{sys_days{date}.time_since_epoch()};
}

std::optional<WallTime> scan_date(TimeScanner& scan) {
  const auto year = scan.digits(4);
  if (!year || !scan.skip("-")) return std::nullopt;
  const auto month = scan.digits(2);
  if (!month || !scan.skip("-")) return std::nullopt;
  const auto day_of_month = scan.digits(2);
  if (!day_of_month) return std::nullopt;
  return day(*year, *month, *day_of_month);
}

// `hh:mm[:ss]`; 60 is a leap second.
std::optional<Nanoseconds> scan_clock(TimeScanner& scan) {
  const auto hour = scan.digits(2);
  if (!hour || *hour > 23 || !scan.skip(":")) return std::nullopt;
  const auto minute = scan.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  if (scan.skip(":")) {
    const auto value = scan.digits(2);
    if (!value || *value > 60) return std::nullopt;
    second = *value;
  }
  return std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{second};
}

// `Z`, `+01:00`, `+0100`, `+01` or nothing: what has to be subtracted to get UTC.
std::optional<Nanoseconds> scan_zone(TimeScanner& scan) {
  if (scan.done() || scan.skip("Z") || scan.skip("z")) return Nanoseconds{0};
  const int sign = scan.skip("+") ? 1 : scan.skip("-") ? -1 : 0;
  const auto hour = scan.digits(2);
  if (sign == 0 || !hour) return std::nullopt;
  scan.skip(":");
  const auto minute = scan.done() ? std::optional<int>(0) : scan.digits(2);
  if (!minute) return std::nullopt;
  return sign * (std::chrono::hours{*hour} + std::chrono::minutes{*minute});
}

int month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (std::size_t at = 0; at < kMonths.size(); ++at) {
    if (kMonths[at] == name) return static_cast<int>(at) + 1;
  }
  return 0;
}

}  // namespace

std::optional<WallTime> parse_iso_time(std::string_view text) {
  TimeScanner scan(text);
  const auto date = scan_date(scan);
  if (!date || (!scan.skip("T") && !scan.skip("t") && !scan.skip(" "))) return std::nullopt;
  const auto clock = scan_clock(scan);
  if (!clock) return std::nullopt;
  const Nanoseconds fraction = scan.fraction();
  const auto zone = scan_zone(scan);
  if (!zone || !scan.done()) return std::nullopt;
  return *date + *clock + fraction - *zone;
}

std::optional<WallTime> parse_iso_date(std::string_view text) {
  TimeScanner scan(text);
  const auto date = scan_date(scan);
  return scan.done() ? date : std::nullopt;
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " || !text.ends_with(" GMT")) return std::nullopt;
  TimeScanner day_of_month(text.substr(5, 2)), year(text.substr(12, 4)), clock_text(text.substr(17, 8));
  const auto d = day_of_month.digits(2), y = year.digits(4);
  const auto clock = scan_clock(clock_text);
  if (!d || !y || !clock || !clock_text.done()) return std::nullopt;
  const auto date = day(*y, month_of(text.substr(8, 3)), *d);
  if (!date) return std::nullopt;
  return *date + *clock;
}

std::optional<WallTime> parse_epoch(std::string_view text) {
  const std::string_view whole = text.substr(0, text.find('.'));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (error != std::errc{} || end != whole.data() + whole.size()) return std::nullopt;
  const std::int64_t unit = whole.size() == 10   ? 1'000'000'000
                            : whole.size() == 13 ? 1'000'000
                            : whole.size() == 16 ? 1'000
                            : whole.size() == 19 ? 1
                                                 : 0;
  if (unit == 0 || value < 1'000'000'000 * (1'000'000'000 / unit)) return std::nullopt;
  if (value > 3'000'000'000 * (1'000'000'000 / unit)) return std::nullopt;
  Nanoseconds since{value * unit};
  if (whole.size() != text.size()) {
    TimeScanner scan(text.substr(whole.size()));
    const Nanoseconds fraction = scan.fraction();
    if (unit < 1'000'000 || text.size() == whole.size() + 1 || !scan.done()) return std::nullopt;
    since += fraction / (1'000'000'000 / unit);
  }
  return WallTime{since};
}

std::optional<WallTime> parse_time(std::string_view text) {
  if (auto time = parse_iso_time(text)) return time;
  if (auto time = parse_http_date(text)) return time;
  if (auto time = parse_iso_date(text)) return time;
  return parse_epoch(text);
}

}  // namespace truemirror
