// Names looked up, with servers that answer, delay, refuse, lie and are silent; on every backend.
#include <eddy/dns.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "support/dns_server.h"
#include "support/system.h"

namespace eddy::test {
namespace {

using messages = dns_server::messages;

class names_looked_up : public coroutines_on_every_backend {
 protected:
  void SetUp() override {
    if (!resolver::is_complete()) GTEST_SKIP() << "built without c-ares";
  }
};

std::string v4(int last) { return {127, 0, 0, static_cast<char>(last)}; }

messages one_of_each(const dns::question& q) {
  using namespace dns;
  const auto all = [&](const std::vector<std::string>& records) {
    return messages{reply(q, records)};
  };
  switch (q.type) {
    case a:
      return all({record(same_name, a, 300, v4(2)), record(same_name, a, 60, v4(3))});
    case aaaa:
      return all({record(same_name, aaaa, 30, std::string(15, '\0') + '\1')});
    case ptr:
      return all({record(same_name, ptr, 20, name("host.example.org"))});
    case srv:
      return all({record(same_name, srv, 10,
                         number16(20) + number16(0) + number16(993) + name("late.example")),
                  record(same_name, srv, 11,
                         number16(10) + number16(1) + number16(993) + name("small.example")),
                  record(same_name, srv, 12,
                         number16(10) + number16(9) + number16(994) + name("great.example"))});
    case mx:
      return all({record(same_name, mx, 90, number16(20) + name("second.example")),
                  record(same_name, mx, 91, number16(10) + "\5first" + same_name)});
    default:
      return all({record(same_name, txt, 5, piece("one ") + piece("text")),
                  record(same_name, txt, 5, piece(std::string("\0;", 2)))});
  }
}

// Runs `client` beside the servers, which are cancelled when it has ended.
template <class... Servers, class F>
void serve(loop& on, F client, Servers&... servers) {
  on.run([](F work, Servers&... all) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      (s.spawn(all.serve()), ...);
      co_await work();
      s.cancel();
    });
  }(std::move(client), servers...));
}

resolver_options with_servers(std::initializer_list<address> all) {
  resolver_options o;
  o.servers = all;
  return o;
}

// Nobody is there.
address nobody() { return tcp_listener(address::loopback(0)).local_address(); }

TEST_P(names_looked_up, give_addresses_with_their_times_to_live) {
  dns_server server(one_of_each);
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        const auto four = co_await names.ipv4("www.example.org");
        EXPECT_EQ(four.size(), 2u);
        EXPECT_EQ(four.at(0).where.to_string(), "127.0.0.2:0");
        EXPECT_EQ(four.at(0).ttl, 300s);
        EXPECT_EQ(four.at(1).where.host(), "127.0.0.3");
        EXPECT_EQ(four.at(1).ttl, 60s);
        const auto six = co_await names.ipv6("www.example.org");
        EXPECT_EQ(six.size(), 1u);
        EXPECT_EQ(six.at(0).where.host(), "::1");
        EXPECT_EQ(six.at(0).ttl, 30s);
        const auto both = co_await names.addresses("www.example.org", 80);
        EXPECT_EQ(both.size(), 3u);
        for (const address& one : both) EXPECT_EQ(one.port(), 80);
      },
      server);
}

TEST_P(names_looked_up, give_records_of_each_type) {
  dns_server server(one_of_each);
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        const auto called = co_await names.names(*address::parse("192.0.2.1", 5));
        EXPECT_EQ(called.at(0).name, "host.example.org");
        EXPECT_EQ(called.at(0).ttl, 20s);
        EXPECT_EQ(server.asked().back().name, "1.2.0.192.in-addr.arpa");
        const auto at = co_await names.services("_imaps._tcp.example.org");
        EXPECT_EQ(at.size(), 3u);
        EXPECT_EQ(at.at(0).host, "great.example");
        EXPECT_EQ(at.at(0).port, 994);
        EXPECT_EQ(at.at(0).weight, 9);
        EXPECT_EQ(at.at(0).ttl, 12s);
        EXPECT_EQ(at.at(1).host, "small.example");
        EXPECT_EQ(at.at(2).priority, 20);
        const auto mail = co_await names.mail("example.org");
        EXPECT_EQ(mail.at(0).host, "first.example.org");
        EXPECT_EQ(mail.at(0).priority, 10);
        EXPECT_EQ(mail.at(0).ttl, 91s);
        EXPECT_EQ(mail.at(1).host, "second.example");
        const auto texts = co_await names.texts("example.org");
        EXPECT_EQ(texts.at(0).text, "one text");
        EXPECT_EQ(texts.at(1).text, std::string("\0;", 2));
        EXPECT_EQ(texts.at(1).ttl, 5s);
      },
      server);
}

TEST_P(names_looked_up, lead_to_connections) {
  dns_server server([](const dns::question& q) {
    const std::vector<std::string> here{dns::record(dns::same_name, dns::a, 1, v4(1))};
    return messages{dns::reply(q, q.type == dns::a ? here : std::vector<std::string>())};
  });
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        tcp_listener listener(address::loopback(0));
        tcp_stream me = co_await names.connect("service.example", listener.port());
        EXPECT_EQ(me.peer_address(), listener.local_address());
      },
      server);
}

TEST_P(names_looked_up, that_do_not_exist_and_those_without_such_records_say_which) {
  dns_server server([](const dns::question& q) {
    return messages{dns::reply(q, {}, q.name == "no.example" ? dns::no_such_name : 0)};
  });
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        const auto missing = co_await as_result(names.ipv4("no.example"));
        EXPECT_EQ(missing.error(), dns_error::no_such_name);
        EXPECT_EQ(missing.error().message(), "look up no.example: there is no such name");
        EXPECT_EQ((co_await as_result(names.mail("no.example"))).error(), dns_error::no_such_name);
        EXPECT_EQ((co_await as_result(names.ipv6("is.example"))).error(),
                  dns_error::no_such_record);
        EXPECT_EQ((co_await as_result(names.texts("is.example"))).error(),
                  dns_error::no_such_record);
        EXPECT_EQ((co_await as_result(names.addresses("is.example", 1))).error(),
                  dns_error::no_such_record);
        const auto nobody = co_await as_result(names.names(*address::parse("2001:db8::1", 0)));
        EXPECT_EQ(nobody.error(), dns_error::no_such_record);
      },
      server);
}

TEST_P(names_looked_up, whose_answer_does_not_fit_are_asked_for_again_by_tcp) {
  dns_server server([](const dns::question& q) {
    std::vector<std::string> all;
    for (int i = 1; i <= 100; ++i) all.push_back(dns::record(dns::same_name, q.type, 1, v4(i)));
    return messages{q.by_tcp ? dns::reply(q, all) : dns::reply(q, {}, 0, true)};
  });
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        EXPECT_EQ((co_await names.ipv4("large.example")).size(), 100u);
        EXPECT_TRUE(server.asked().back().by_tcp);
      },
      server);
}

TEST_P(names_looked_up, are_asked_of_the_next_server_when_one_is_away_or_fails_or_refuses) {
  dns_server fails(
      [](const dns::question& q) { return messages{dns::reply(q, {}, dns::server_failure)}; });
  dns_server refuses(
      [](const dns::question& q) { return messages{dns::reply(q, {}, dns::refused)}; });
  dns_server answers(one_of_each);
  resolver names(with_servers({nobody(), fails.where(), refuses.where(), answers.where()}));
  serve(
      on,
      [&]() -> task<> {
        EXPECT_EQ((co_await names.ipv4("a.example")).size(), 2u);
        EXPECT_EQ((co_await names.mail("a.example")).size(), 2u);
        EXPECT_FALSE(fails.asked().empty());
        EXPECT_FALSE(refuses.asked().empty());
      },
      fails, refuses, answers);
}

TEST_P(names_looked_up, fail_when_each_server_is_away_or_fails_or_refuses) {
  dns_server fails(
      [](const dns::question& q) { return messages{dns::reply(q, {}, dns::server_failure)}; });
  dns_server refuses(
      [](const dns::question& q) { return messages{dns::reply(q, {}, dns::refused)}; });
  resolver failing(with_servers({fails.where()})), refusing(with_servers({refuses.where()})),
      away(with_servers({nobody()}));
  serve(
      on,
      [&]() -> task<> {
        for (resolver* names : {&failing, &refusing, &away}) {
          EXPECT_EQ((co_await as_result(names->mail("a.example"))).error(),
                    dns_error::servers_failed);
          EXPECT_EQ((co_await as_result(names->ipv6("a.example"))).error(),
                    dns_error::servers_failed);
        }
      },
      fails, refuses);
}

TEST_P(names_looked_up, are_asked_for_again_when_a_question_is_lost) {
  int questions = 0;
  dns_server server(
      [&](const dns::question& q) { return ++questions < 3 ? messages() : one_of_each(q); });
  resolver_options o = with_servers({server.where()});
  o.attempt = 5ms;
  o.rounds = 10;
  resolver names(o);
  serve(
      on,
      [&]() -> task<> {
        EXPECT_EQ((co_await names.texts("a.example")).size(), 2u);
        EXPECT_GE(questions, 3);
      },
      server);
}

TEST_P(names_looked_up, that_nobody_answers_end_by_their_deadline_or_after_their_rounds) {
  dns_server silent([](const dns::question&) { return messages(); });
  resolver_options o = with_servers({silent.where()});
  o.deadline = 5ms;
  resolver hasty(o);
  o.deadline = 1h;
  o.attempt = 1ms;
  o.rounds = 2;
  resolver brief(o);
  serve(
      on,
      [&]() -> task<> {
        for (resolver* names : {&hasty, &brief}) {
          EXPECT_EQ((co_await as_result(names->mail("a.example"))).error(), std::errc::timed_out);
          const auto four = co_await as_result(names->ipv4("a.example"));
          EXPECT_EQ(four.error(), std::errc::timed_out);
          EXPECT_EQ(four.error().on(), "a.example");
        }
      },
      silent);
}

TEST_P(names_looked_up, are_not_believed_of_garbage_and_answers_to_other_questions) {
  dns_server server([](const dns::question& q) {
    dns::question other = q;
    other.number ^= 1;
    const std::string lie = dns::record(dns::same_name, dns::txt, 9, dns::piece("lie"));
    return messages{"", "x", std::string(600, '\xff'), dns::reply(other, {lie}),
                    one_of_each(q).front()};
  });
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        const auto texts = co_await names.texts("a.example");
        EXPECT_EQ(texts.size(), 2u);
        EXPECT_EQ(texts.at(0).text, "one text");
      },
      server);
}

TEST_P(names_looked_up, with_malformed_records_say_so) {
  dns_server server([](const dns::question& q) {
    return messages{dns::reply(q, {dns::record(dns::same_name, q.type, 9, "\7cutx")})};
  });
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        EXPECT_EQ((co_await as_result(names.texts("a.example"))).error(),
                  dns_error::malformed_answer);
        EXPECT_EQ((co_await as_result(names.mail("a.example"))).error(),
                  dns_error::malformed_answer);
        EXPECT_EQ((co_await as_result(names.services("a.example"))).error(),
                  dns_error::malformed_answer);
        const auto called = co_await as_result(names.names(*address::parse("192.0.2.1", 0)));
        EXPECT_EQ(called.error(), dns_error::malformed_answer);
        EXPECT_FALSE(co_await as_result(names.ipv4("a.example")));
      },
      server);
}

TEST_P(names_looked_up, that_are_none_are_refused) {
  resolver names(with_servers({nobody()}));
  on.run([](resolver& r) -> task<> {
    for (const std::string& bad : {std::string(), std::string("a\0b", 3)})
      EXPECT_EQ((co_await as_result(r.ipv4(bad))).error(), dns_error::malformed_name);
    EXPECT_EQ((co_await as_result(r.mail(std::string(64, 'a')))).error(),
              dns_error::malformed_name);
    EXPECT_EQ((co_await as_result(r.mail(std::string("a\0b", 3)))).error(),
              dns_error::malformed_name);
    const auto unix_name = co_await as_result(r.names(*address::unix_path("/run/x")));
    EXPECT_EQ(unix_name.error(), std::errc::invalid_argument);
  }(names));
  EXPECT_EQ(code_of([] { resolver r(with_servers({address::loopback(0)})); }),
            std::errc::invalid_argument);
  EXPECT_EQ(code_of([] { resolver r(with_servers({address()})); }), std::errc::invalid_argument);
  EXPECT_EQ(code_of([] { resolver r(with_servers({*address::unix_path("/run/x")})); }),
            std::errc::invalid_argument);
}

TEST_P(names_looked_up, that_are_cancelled_end_at_once_and_leave_nothing) {
  dns_server silent([](const dns::question&) { return messages(); });
  const long before = engine::test::open_descriptors();
  serve(
      on,
      [&]() -> task<> {
        resolver names(with_servers({silent.where()}));
        const auto mail = co_await as_result(with_timeout(1ms, names.mail("a.example")));
        EXPECT_EQ(mail.error(), std::errc::timed_out);
        co_await with_scope([&](scope& s) -> task<> {
          for (int i = 0; i < 20; ++i) {
            s.spawn([&names]() -> task<> { (void)co_await names.mail("b.example"); });
            s.spawn([&names]() -> task<> { (void)co_await names.addresses("b.example", 1); });
          }
          co_await sleep_short();
          s.cancel();
        });
        EXPECT_EQ(on.size(), 1u);
      },
      silent);
  EXPECT_LE(engine::test::open_descriptors(), before + 3) << "but for what the loop opened";
  on.run();  // does not go on for what is forgotten
}

TEST_P(names_looked_up, go_on_when_others_are_cancelled) {
  event answer;
  dns_server slow(dns_server::answering([&](dns::question q) -> task<messages> {
    co_await answer.wait();
    co_return one_of_each(q);
  }));
  resolver names(with_servers({slow.where()}));
  serve(
      on,
      [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          std::size_t found = 0;
          s.spawn([&]() -> task<> { found = (co_await names.texts("kept.example")).size(); });
          (void)co_await as_result(with_timeout(1ms, names.mail("given.up.example")));
          (void)co_await as_result(with_timeout(1ms, names.ipv4("given.up.example")));
          answer.set();
          while (found == 0) co_await sleep_short();
          EXPECT_EQ(found, 2u);
        });
      },
      slow);
}

TEST_P(names_looked_up, are_cancelled_when_their_resolver_is_destroyed) {
  dns_server silent([](const dns::question&) { return messages(); });
  serve(
      on,
      [&]() -> task<> {
        auto names = std::make_unique<resolver>(with_servers({silent.where()}));
        co_await with_scope([&](scope& s) -> task<> {
          for (int i = 0; i < 3; ++i)
            s.spawn([&]() -> task<> {
              const auto r = co_await as_result(names->mail("a.example"));
              EXPECT_EQ(r.error(), std::errc::operation_canceled);
            });
          co_await sleep_short();
          names.reset();
        });
      },
      silent);
}

TEST_P(names_looked_up, are_cancelled_at_each_step_without_harm) {
  dns_server server(one_of_each);
  resolver names(with_servers({server.where()}));
  serve(
      on,
      [&]() -> task<> {
        for (int steps = 0; steps < 60; ++steps)
          co_await with_scope([&](scope& s) -> task<> {
            s.spawn([&]() -> task<> { (void)co_await names.addresses("a.example", 1); });
            s.spawn(
                [&]() -> task<> { (void)co_await names.names(*address::parse("192.0.2.1", 0)); });
            for (int i = 0; i < steps; ++i) co_await yield_once();
            if (steps % 3 == 0) co_await sleep_short();
            s.cancel();
          });
        EXPECT_EQ((co_await names.texts("a.example")).size(), 2u) << "it still works";
      },
      server);
}

TEST_P(names_looked_up, many_at_a_time_get_each_its_answer) {
  dns_server server([](const dns::question& q) {
    return messages{dns::reply(q, {dns::record(dns::same_name, dns::txt, 1, dns::piece(q.name))})};
  });
  resolver_options o = with_servers({server.where()});
  o.attempt = 100ms;  // what is lost where a socket's memory is full
  o.rounds = 20;
  o.deadline = 1h;
  resolver names(o);
  serve(
      on,
      [&]() -> task<> {
        int right = 0;
        co_await with_scope([&](scope& s) -> task<> {
          for (int i = 0; i < 300; ++i)
            s.spawn([&names, &right, i]() -> task<> {
              const std::string name = "n" + std::to_string(i) + ".example";
              right += (co_await names.texts(name)).at(0).text == name ? 1 : 0;
            });
          co_return;
        });
        EXPECT_EQ(right, 300);
      },
      server);
}

TEST_P(names_looked_up, of_a_resolver_are_for_one_loop) {
  dns_server server(one_of_each);
  resolver names(with_servers({server.where()}));
  serve(
      on, [&]() -> task<> { (void)co_await names.mail("a.example"); }, server);
  loop other;
  EXPECT_EQ(code_of([&] {
              other.run([](resolver& r) -> task<> { (void)co_await r.mail("a.example"); }(names));
            }),
            std::errc::operation_not_permitted);
}

class names_of_this_machine : public coroutines_on_every_backend {};

TEST_P(names_of_this_machine, are_found_by_the_loops_own_resolver) {
  on.run([]() -> task<> {
    resolver names, the_same;
    const auto all = co_await names.addresses("localhost", 80);
    EXPECT_FALSE(all.empty());
    for (const address& one : all)
      EXPECT_TRUE(one == address::loopback(80) || one == address::loopback_v6(80));
    const auto four = co_await the_same.ipv4("localhost");
    EXPECT_EQ(four.at(0).where.host(), "127.0.0.1");
    EXPECT_FALSE((co_await names.names(address::loopback(1))).at(0).name.empty());
  }());
}

TEST_P(names_of_this_machine, are_digits_too_for_which_nobody_is_asked) {
  on.run([]() -> task<> {
    resolver names;
    EXPECT_EQ((co_await names.ipv4("192.0.2.7")).at(0).where.host(), "192.0.2.7");
    EXPECT_EQ((co_await names.ipv6("::1")).at(0).where.host(), "::1");
    EXPECT_EQ((co_await names.addresses("[::1]", 7)).at(0), address::loopback_v6(7));
    EXPECT_EQ((co_await as_result(names.ipv6("192.0.2.7"))).error(), dns_error::no_such_record);
  }());
}

TEST_P(names_of_this_machine, are_all_that_is_looked_up_without_c_ares) {
  if (resolver::is_complete()) GTEST_SKIP() << "built with c-ares";
  on.run([]() -> task<> {
    resolver names, chosen(with_servers({address::loopback(53)}));
    EXPECT_EQ((co_await as_result(names.mail("example.org"))).error(),
              std::errc::operation_not_supported);
    EXPECT_EQ((co_await as_result(chosen.ipv4("localhost"))).error(),
              std::errc::operation_not_supported);
  }());
}

EDDY_COROUTINES_ON_EVERY_BACKEND(names_looked_up);
EDDY_COROUTINES_ON_EVERY_BACKEND(names_of_this_machine);

}  // namespace
}  // namespace eddy::test
