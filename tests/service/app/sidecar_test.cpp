#include "tests/service/app/sidecar.hpp"

#include <gmock/gmock.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "service/control/files/state_file.hpp"
#include "service/ctl/client.hpp"
#include "service/platform/cpus.hpp"
#include "service/platform/units.hpp"
#include "tests/support/temp_folder.hpp"

namespace sweetspot::tests {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

v1::LifecycleDrainRequest drain_request(bool wait) {
  v1::LifecycleDrainRequest request;
  request.set_wait(wait);
  return request;
}

struct SidecarTest : testing::Test {
  SidecarTest() { upstream.listen(); }
  static std::string name_of(const tcp::acceptor& acceptor) {
    return "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  }
  std::string upstream_name() const { return name_of(upstream); }
  std::vector<std::string> flags(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"--listen",    "127.0.0.1:0",   "--admin",
                                 "127.0.0.1:0", "--control",     "127.0.0.1:0",
                                 "--upstream",  upstream_name(), "--doctor.ask_upstream",
                                 "false"};  // each test scripts it
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  tcp::socket connect(const std::string& address) {
    tcp::socket socket(loop);
    socket.connect(
        {asio::ip::address_v4::loopback(), platform::parse_endpoint(address).value->port});
    return socket;
  }
  static void send(tcp::socket& socket, const std::string& path) {
    asio::write(socket, asio::buffer("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  static std::string read_head(tcp::socket& socket) {
    std::string head;
    asio::read_until(socket, asio::dynamic_buffer(head), "\r\n\r\n");
    return head;
  }
  std::string get(const std::string& address, const std::string& path) {
    auto socket = connect(address);
    send(socket, path);
    return read_head(socket);
  }

  // The upstream's end of the connection on which it comes.
  tcp::socket pass_request(tcp::socket& client) {
    send(client, "/");
    auto server = upstream.accept();
    read_head(server);
    return server;
  }

  static v1::Status status(const std::string& address) {
    v1::Status status;
    ctl::Client(address, std::chrono::seconds(10)).get_status(status);
    return status;
  }

  const support::TempFolder own;
  const std::filesystem::path folder = own.path();
  asio::io_context loop;
  // Accepts by its backlog and answers only where a test does it.
  tcp::acceptor upstream{loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
};

TEST_F(SidecarTest, says_where_it_serves_in_one_line_and_drains_with_zero) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  EXPECT_THAT(get(ready["admin"], "/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(status(ready["control"]).state(), "start");
  sidecar.signal(SIGTERM);
  EXPECT_EQ(sidecar.wait(), 0);
  EXPECT_EQ(sidecar.rest(), "");
  EXPECT_THAT(sidecar.errors(), HasSubstr("drained clean=true in_flight=0"));
}

TEST_F(SidecarTest, carries_a_request_to_the_upstream_and_back) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  auto client = connect(ready["proxy"]);
  send(client, "/hello");
  auto server = upstream.accept();
  EXPECT_THAT(read_head(server), StartsWith("GET /hello HTTP/1.1\r\n"));
  EXPECT_EQ(status(ready["control"]).in_flight(), 1);
  asio::write(server, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")));
  EXPECT_THAT(read_head(client), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(SidecarTest, is_not_ready_while_it_drains_and_lets_a_request_end) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  auto client = connect(ready["proxy"]);
  auto server = pass_request(client);
  sidecar.signal(SIGTERM);
  ASSERT_TRUE(sidecar.wait_error("draining delay="));
  EXPECT_THAT(get(ready["admin"], "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(get(ready["admin"], "/healthz"), StartsWith("HTTP/1.1 200"));
  asio::write(server, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
  EXPECT_THAT(read_head(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(sidecar.wait(), 0);
}

TEST_F(SidecarTest, ends_at_once_at_the_second_signal) {
  Sidecar sidecar(flags({"--drain.grace", "1h"}));
  auto ready = sidecar.wait_ready();
  auto client = connect(ready["proxy"]);
  auto server = pass_request(client);
  sidecar.signal(SIGTERM);
  ASSERT_TRUE(sidecar.wait_error("draining delay="));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // then it is another wish
  sidecar.signal(SIGINT);
  EXPECT_EQ(sidecar.wait(), 0);
  EXPECT_THAT(sidecar.errors(), HasSubstr("stopping_at_once in_flight=1"));
}

TEST_F(SidecarTest, drains_when_it_is_told_and_stays_to_be_asked_until_a_signal) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  ctl::Client operator_(ready["control"], std::chrono::seconds(10));
  auto client = connect(ready["proxy"]);
  auto server = pass_request(client);
  v1::LifecycleDrainResponse response;
  EXPECT_EQ(operator_.drain(drain_request(false), response).exit, ctl::Exit::done);
  EXPECT_FALSE(response.drained());
  EXPECT_THAT(get(ready["admin"], "/readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(operator_.health().exit, ctl::Exit::refused);

  auto asking = connect(ready["admin"]);
  send(asking, "/drained");
  asio::write(server, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
  EXPECT_THAT(read_head(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(operator_.drain(drain_request(true), response).exit, ctl::Exit::done);
  EXPECT_TRUE(response.drained());
  EXPECT_TRUE(response.clean());
  EXPECT_THAT(read_head(asking), StartsWith("HTTP/1.1 200"));
  EXPECT_THROW(connect(ready["proxy"]), boost::system::system_error);
  EXPECT_EQ(status(ready["control"]).in_flight(), 0);

  sidecar.signal(SIGTERM);
  EXPECT_EQ(sidecar.wait(), 0);
}

TEST_F(SidecarTest, ends_a_drain_that_it_was_told_of_before_it_ends_at_a_signal) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  auto client = connect(ready["proxy"]);
  auto server = pass_request(client);
  v1::LifecycleDrainResponse response;
  ctl::Client(ready["control"], std::chrono::seconds(10)).drain(drain_request(false), response);
  sidecar.signal(SIGTERM);
  asio::write(server, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
  EXPECT_THAT(read_head(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(sidecar.wait(), 0);
  EXPECT_THAT(sidecar.errors(), testing::Not(HasSubstr("stopping_at_once")));
}

TEST_F(SidecarTest, says_that_it_is_not_drained_where_nothing_drains) {
  Sidecar sidecar(flags());
  auto ready = sidecar.wait_ready();
  EXPECT_THAT(get(ready["admin"], "/drained"), StartsWith("HTTP/1.1 503"));
}

TEST_F(SidecarTest, starts_from_the_limit_of_an_earlier_run) {
  const std::string file = folder / "state";
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const auto quota = platform::cpu_quota();
  const control::State earlier{.limit = 23,
                               .saved_unix_ms = now.count(),
                               .upstream = upstream_name(),
                               .objective = "balanced",
                               .cpus = platform::available_cpus(),
                               .cpu_quota = quota ? std::to_string(*quota) : "none",
                               .cpu_model = platform::cpu_model(),
                               .upstream_version = "none"};
  ASSERT_EQ(control::replace_file(file, control::encode(earlier)), "");
  Sidecar sidecar(flags({"--state.file", file}));
  auto ready = sidecar.wait_ready();
  const auto seen = status(ready["control"]);
  EXPECT_EQ(seen.limit(), 23);
  EXPECT_EQ(seen.last_verdict().reason(), "remembered");
}

TEST_F(SidecarTest, starts_cold_where_the_state_is_corrupt_and_says_so) {
  const std::string file = folder / "state";
  std::ofstream(file) << "sweetspot state 3\nlimit 900\n";
  Sidecar sidecar(flags({"--state.file", file, "--limit.initial", "5"}));
  auto ready = sidecar.wait_ready();
  EXPECT_EQ(status(ready["control"]).limit(), 5);
  sidecar.signal(SIGTERM);
  EXPECT_EQ(sidecar.wait(), 0);
  EXPECT_THAT(sidecar.errors(), HasSubstr("state_ignored file=" + file + " problem=corrupt"));
}

TEST_F(SidecarTest, ends_with_two_at_a_wrong_configuration) {
  Sidecar sidecar({"--queue.size", "many", "--check"});
  EXPECT_EQ(sidecar.wait(), 2);
  EXPECT_THAT(sidecar.errors(), HasSubstr("found many"));
  EXPECT_EQ(sidecar.rest(), "");
  Sidecar injector({"injector", "--template", "/no/such/file"});
  EXPECT_EQ(injector.wait(), 2);
  EXPECT_THAT(injector.errors(), HasSubstr("/no/such/file: cannot be read: No such file"));
}

TEST_F(SidecarTest, reads_no_file_of_the_injectors_without_end) {
  const std::string file = folder / "template";
  std::ofstream(file)
      << R"({"container":{"name":"sweetspot","image":"i"},"volumes":[],"labels":{},"backendPreStop":null,
"endSeconds":75,"drainDelayMilliseconds":5000,"native":true,"proxyPort":8080,"adminPort":9901,"controlPort":9902,
"backendPort":8081,"bindAddress":"0.0.0.0","namespace":"sweetspot","denies":false})";
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{"injector", "--template", "/dev/zero"},
        {"injector", "--template", file, "--listen", "127.0.0.1:0", "--certificate", "/dev/zero",
         "--key", "/dev/zero"}}) {
    Sidecar injector(flags);
    EXPECT_EQ(injector.wait(), 2);
    EXPECT_THAT(injector.errors(), HasSubstr("/dev/zero: is not a regular file"));
  }
}

TEST_F(SidecarTest, ends_with_three_where_any_of_its_ports_is_taken) {
  tcp::acceptor other(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  other.listen();
  for (const std::string key : {"listen", "admin", "control"}) {
    auto taken = flags();
    *(std::find(taken.begin(), taken.end(), "--" + key) + 1) = name_of(other);
    Sidecar sidecar(taken);
    EXPECT_EQ(sidecar.wait(), 3) << key;
    EXPECT_THAT(sidecar.errors(), HasSubstr("bind_failed port=" + key));
    EXPECT_THAT(sidecar.errors(), HasSubstr("Address already in use"));
  }
}

}  // namespace
}  // namespace sweetspot::tests
