#include <netinet/in.h>
#include <eddy/dns.hpp>
#include <eddy/with_timeout.hpp>

#include <algorithm>
#include <optional>

#include "coro/connect.h"
#include "coro/dns_backend.h"
#include "coro/loop_state.h"

namespace eddy {
namespace {

class dns_category_type final : public std::error_category {
 public:
  const char* name() const noexcept override { return "dns"; }
  std::string message(int code) const override {
    switch (static_cast<dns_error>(code)) {
      case dns_error::no_such_name:
        return "there is no such name";
      case dns_error::no_such_record:
        return "the name has no such record";
      case dns_error::malformed_name:
        return "it is no name that can be looked up";
      case dns_error::malformed_query:
        return "the server did not understand the question";
      case dns_error::servers_failed:
        return "no server would answer: each is away, failed or refused";
      case dns_error::malformed_answer:
        return "the answer is malformed";
    }
    return "unknown error";
  }
};

using detail::answer_reader;
using detail::answer_record;
using detail::record_type;
using detail::resolver_state;

// The resolver that is meant: its own state, or the loop's.
struct meant_resolver : awaitable<meant_resolver> {
  explicit meant_resolver(resolver_state* s) noexcept : state(s) {}
  bool begin(const awaiting& a) noexcept {
    on = static_cast<detail::loop_state*>(a.in->core);
    return false;
  }
  result<resolver_state*> await_result() const {
    if (state != nullptr) return state;
    if (on->resolver == nullptr) on->resolver = detail::new_resolver({});
    return on->resolver;
  }
  resolver_state* state;
  detail::loop_state* on = nullptr;
};

// Within the resolver's deadline.
template <class T>
task<T> in_time(const resolver_state& r, task<T> t) {
  return detail::task_of(with_timeout(detail::deadline_of(r), std::move(t)));
}

[[noreturn]] void malformed(const std::string& name) {
  error(dns_error::malformed_answer, "look up", name).raise();
}

// A zero would cut it off.
void refuse_what_is_no_name(const std::string& name) {
  if (name.empty() || name.find('\0') != std::string::npos)
    error(dns_error::malformed_name, "look up", name).raise();
}

// The records of that type, each read by `read`, which gives nothing for a malformed one.
template <class Record, class Read>
task<std::vector<Record>> records(resolver_state* s, std::string name, record_type type,
                                  Read read) {
  refuse_what_is_no_name(name);
  resolver_state& r = *co_await meant_resolver(s);
  const std::string answer = co_await in_time(r, detail::ask_records(r, name, type));
  const auto found = detail::records_of(answer, type);
  if (!found) malformed(name);
  std::vector<Record> all;
  for (const answer_record& one : *found) {
    // A name in it may refer to what stands before, not to what follows.
    answer_reader data(std::string_view(answer).substr(0, one.at + one.content.size()), one.at);
    std::optional<Record> record = read(data, one.content);
    if (!record) malformed(name);
    record->ttl = std::chrono::seconds(one.ttl);
    all.push_back(std::move(*record));
  }
  if (all.empty()) error(dns_error::no_such_record, "look up", name).raise();
  co_return all;
}

std::optional<name_record> read_name(answer_reader& data, std::string_view) {
  auto name = data.name();
  if (!name) return {};
  return name_record{std::move(*name), {}};
}

std::optional<mail_record> read_mail(answer_reader& data, std::string_view) {
  const auto priority = data.number16();
  auto host = data.name();
  if (!priority || !host) return {};
  return mail_record{std::move(*host), *priority, {}};
}

std::optional<service_record> read_service(answer_reader& data, std::string_view) {
  const auto priority = data.number16(), weight = data.number16(), port = data.number16();
  auto host = data.name();
  if (!port || !host) return {};
  return service_record{std::move(*host), *port, *priority, *weight, {}};
}

std::optional<text_record> read_text(answer_reader&, std::string_view content) {
  text_record t;
  answer_reader pieces(content);
  while (pieces.at() < content.size()) {
    const auto size = pieces.take(1);
    const auto piece = pieces.take(static_cast<unsigned char>((*size)[0]));
    if (!piece) return {};
    t.text += *piece;
  }
  return t;
}

std::string reverse_name_of(const address& a) {
  if (a.is_ipv4()) {
    const auto& at = reinterpret_cast<const sockaddr_in*>(a.data())->sin_addr;
    return detail::reverse_name({reinterpret_cast<const char*>(&at), sizeof at});
  }
  const auto& at = reinterpret_cast<const sockaddr_in6*>(a.data())->sin6_addr;
  return detail::reverse_name({reinterpret_cast<const char*>(&at), sizeof at});
}

// "[::1]" is how an address of IPv6 stands beside a port.
std::optional<address> digits_of(std::string_view host, std::uint16_t port) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return address::parse(host, port);
}

task<std::vector<address_record>> find_addresses(resolver_state* s, std::string host, int family,
                                                 std::uint16_t port) {
  if (const auto digits = digits_of(host, port)) {
    if (family != AF_UNSPEC && digits->family() != family)
      error(dns_error::no_such_record, "look up", host).raise();
    co_return std::vector<address_record>{{*digits, {}}};
  }
  refuse_what_is_no_name(host);
  resolver_state& r = *co_await meant_resolver(s);
  co_return co_await in_time(r, detail::ask_addresses(r, host, family, port));
}

}  // namespace

const std::error_category& dns_category() noexcept {
  static const dns_category_type category;
  return category;
}

resolver::resolver(const resolver_options& options) {
  for (const address& at : options.servers)
    if (at.port() == 0 || !(at.is_ipv4() || at.is_ipv6()))
      error(std::make_error_code(std::errc::invalid_argument), "ask, as a server of DNS,",
            at.to_string())
          .raise();
  state_ = detail::new_resolver(options);
}

void resolver::close() noexcept { detail::end_resolver(std::exchange(state_, nullptr)); }

bool resolver::is_complete() noexcept { return detail::resolver_has_dns; }

task<std::vector<address_record>> resolver::addresses_of(state s, std::string host, int family) {
  return find_addresses(s, std::move(host), family, 0);
}

task<std::vector<address>> resolver::in_order(state s, std::string host, std::uint16_t port) {
  std::vector<address> all;
  for (const address_record& a : co_await find_addresses(s, std::move(host), AF_UNSPEC, port))
    all.push_back(a.where);
  co_return all;
}

task<tcp_stream> resolver::connect_by(state s, std::string host, std::uint16_t port,
                                      connect_options options) {
  std::vector<address> all = co_await in_order(s, std::move(host), port);
  co_return co_await detail::connect_to_first(std::move(all), options);
}

task<std::vector<name_record>> resolver::names_of(state s, address of) {
  if (!of.is_ipv4() && !of.is_ipv6())
    error(std::make_error_code(std::errc::invalid_argument), "look up the name of", of.to_string())
        .raise();
  resolver_state& r = *co_await meant_resolver(s);
  auto in_files = co_await in_time(r, detail::ask_names_in_files(r, of));
  if (!in_files.empty()) co_return in_files;
  co_return co_await records<name_record>(&r, reverse_name_of(of), record_type::ptr, &read_name);
}

task<std::vector<service_record>> resolver::services_of(state s, std::string name) {
  auto all = co_await records<service_record>(s, std::move(name), record_type::srv, &read_service);
  std::stable_sort(all.begin(), all.end(), [](const service_record& a, const service_record& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.weight > b.weight;
  });
  co_return all;
}

task<std::vector<mail_record>> resolver::mail_of(state s, std::string name) {
  auto all = co_await records<mail_record>(s, std::move(name), record_type::mx, &read_mail);
  std::stable_sort(all.begin(), all.end(), [](const mail_record& a, const mail_record& b) {
    return a.priority < b.priority;
  });
  co_return all;
}

task<std::vector<text_record>> resolver::texts_of(state s, std::string name) {
  return records<text_record>(s, std::move(name), record_type::txt, &read_text);
}

}  // namespace eddy
