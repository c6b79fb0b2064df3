#include "service/injector/injector.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <sstream>

#include "service/injector/options.hpp"
#include "service/injector/review.hpp"
#include "service/injector/server.hpp"
#include "service/observe/log.hpp"
#include "service/platform/files.hpp"
#include "service/platform/printable.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::injector {
namespace {

using observe::Event;

enum Exit { ended = 0, configuration = 2, cannot_bind = 3 };

ReadTemplate read_template(const std::string& path) {
  const auto text = platform::read_file(path);
  return text ? parse_template(*text) : ReadTemplate{{}, text.error};
}

std::string_view to_string(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::injected:
      return "injected";
    case Outcome::Kind::skipped:
      return "skipped";
    case Outcome::Kind::refused:
      return "refused";
  }
  return "unknown";
}

// Answers what is asked of the webhook, and counts it.
class Service {
 public:
  Service(Template with, const observe::Log& log) : template_(std::move(with)), log_(log) {}

  Reply operator()(const std::string& method, const std::string& path, const std::string& body) {
    if (path == "/inject") return method == "POST" ? inject(body) : text(405, "only POST\n");
    if (path == "/healthz") return text(200, "ok\n");
    if (path == "/readyz") return leaves_ ? text(503, "ending\n") : text(200, "ready\n");
    if (path == "/metrics") return metrics();
    return text(404, "not found\n");
  }
  void leave() { leaves_ = true; }

 private:
  static Reply text(unsigned status, std::string words) {
    return {.status = status, .content_type = "text/plain", .body = std::move(words)};
  }

  Reply inject(const std::string& body) {
    auto reviewed = review(body, template_);
    if (reviewed.status != 200) {
      ++malformed_;
      return text(reviewed.status, std::move(reviewed.body));
    }
    ++counts_[static_cast<std::size_t>(reviewed.kind)];
    const Event event = reviewed.kind == Outcome::Kind::injected  ? Event::pod_injected
                        : reviewed.kind == Outcome::Kind::refused ? Event::pod_refused
                                                                  : Event::pod_skipped;
    observe::LogFields fields{{"namespace", reviewed.name_space}, {"name", reviewed.name}};
    if (event != Event::pod_injected) fields.push_back({"why", reviewed.why});
    log_(event, fields);
    return {.body = std::move(reviewed.body)};
  }

  Reply metrics() const {
    std::string lines =
        "# HELP sweetspot_injector_reviews_total Admission reviews by what came of them\n"
        "# TYPE sweetspot_injector_reviews_total counter\n";
    const auto add = [&](std::string_view outcome, std::uint64_t count) {
      lines += "sweetspot_injector_reviews_total{outcome=\"" + std::string(outcome) + "\"} " +
               std::to_string(count) + "\n";
    };
    for (std::size_t i = 0; i < counts_.size(); ++i)
      add(to_string(static_cast<Outcome::Kind>(i)), counts_[i]);
    add("malformed", malformed_);
    return {.status = 200,
            .content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = std::move(lines)};
  }

  Template template_;
  const observe::Log& log_;
  std::array<std::uint64_t, 3> counts_{};
  std::uint64_t malformed_ = 0;
  bool leaves_ = false;
};

int fail(const std::string& problem, Exit code) {
  std::fprintf(stderr, "sweetspot injector: %s\n", platform::printable(problem).c_str());
  return code;
}

}  // namespace

int run(int argc, const char* const* argv) {
  const Options options = read_options(argc, argv);
  if (options.info) {
    std::fputs(options.info->c_str(), stdout);
    return ended;
  }
  if (!options.error.empty()) return fail(options.error, configuration);
  auto read = read_template(options.template_file);
  if (!read.value) return fail(options.template_file + ": " + read.problem, configuration);

  std::signal(SIGPIPE, SIG_IGN);
  const observe::Log log(options.log);
  boost::asio::io_context loop(1);
  Service service(std::move(*read.value), log);
  Server server(loop, {options.host, options.port, options.certificate, options.key},
                std::ref(service), [&](const std::string& problem) {
                  log(Event::certificate_ignored, {{"problem", problem}});
                });
  const auto bound = server.start();
  if (!bound.problem.empty())
    return fail(bound.problem, bound.is_certificate ? configuration : cannot_bind);

  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  boost::asio::steady_timer drain(loop);
  signals.async_wait([&](boost::system::error_code error, int) {
    if (error) return;
    service.leave();
    drain.expires_after(options.drain);
    drain.async_wait([&](boost::system::error_code) { loop.stop(); });
  });
  std::printf("ready injector=%s\n", platform::format_endpoint({options.host, bound.port}).c_str());
  std::fflush(stdout);
  loop.run();
  return ended;
}

}  // namespace sweetspot::injector
