#include "service/app.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <thread>
#include <utility>

#include "service/admin_pages.hpp"
#include "service/admission/limiter.hpp"
#include "service/configuration_calls.hpp"
#include "service/control/control_api.hpp"
#include "service/control/drain.hpp"
#include "service/control/leak_watch.hpp"
#include "service/control/lifecycle_service.hpp"
#include "service/control/tuning_loop.hpp"
#include "service/descriptors.hpp"
#include "service/doctor.hpp"
#include "service/file_watch.hpp"
#include "service/in_force.hpp"
#include "service/log_tellers.hpp"
#include "service/member.hpp"
#include "service/memory.hpp"
#include "service/observe/access_log.hpp"
#include "service/observe/admin_server.hpp"
#include "service/observe/dashboard.hpp"
#include "service/observe/log.hpp"
#include "service/observe/metrics.hpp"
#include "service/platform/cpus.hpp"
#include "service/platform/family.hpp"
#include "service/platform/notify.hpp"
#include "service/platform/units.hpp"
#include "service/proxy/addresses.hpp"
#include "service/proxy/server.hpp"
#include "service/reconfiguration.hpp"
#include "service/recording.hpp"
#include "service/tls_watch.hpp"
#include "service/upstream_watch.hpp"

namespace sweetspot::service {
namespace {

using Clock = std::chrono::steady_clock;
using control::Drain;
using observe::Event;

// Signals to end that come so close together are one wish, passed on twice.
constexpr auto one_wish = std::chrono::milliseconds(500);

tuner::Settings tuner_settings(const config::Config& config, int cpus, const Memory& memory) {
  return {.objective = config.tuning.objective,
          .e_star = config.tuning.e_star,
          .p99_bound = config.tuning.p99_bound,
          .initial = memory.limit().value_or(config::initial_limit(config.limit, cpus)),
          .min = config.limit.min,
          .max = config.limit.max,
          .late_after = config.tuning.late_after,
          .remembered = memory.limit().has_value(),
          .in_turns = !config.fleet.lease.empty()};
}

platform::FindProcess find_backend(const config::Config& config) {
  if (config.backend_pid) return [pid = config.backend_pid] { return pid; };
  if (config.backend_process.empty()) return {};
  return platform::process_by_name(config.backend_process);
}

control::Recorders make_recorders(int workers) {
  control::Recorders recorders;
  for (int i = 0; i < workers; ++i) recorders.push_back(std::make_unique<control::Recorder>());
  return recorders;
}

std::string name_of(const std::string& host, std::uint16_t port) {
  return platform::format_endpoint({.host = host, .port = port});
}

}  // namespace

// The main thread is the control thread: its loop carries the ticks, the admin port, the signals
// and the answers of the control API.
struct App::Impl {
  Impl(std::vector<std::string> arguments, config::Loaded loaded);

  bool bind();
  void announce();
  void wait_for_signal();
  void on_signal(int number);
  void keep_decisions();
  void join_fleet();
  void leave();
  void start_to_drain(const control::Order& order);
  void cut_short();
  void end();
  void watch_second(tuner::TimePoint now);

  const config::Config config;  // as at the start; `reconfiguration` has the one in force
  int cpus;
  observe::Log log;
  boost::asio::io_context loop;
  Memory memory;
  std::unique_ptr<control::DecisionFile> decisions;   // null where they are kept in memory only
  std::unique_ptr<control::RecordingFile> recording;  // null where nothing is recorded
  tuner::Settings tuning_settings;
  control::Recorders recorders;
  admission::Limiter limiter;
  proxy::Server server;
  UpstreamWatch upstream;
  control::TuningLoop tuning;
  std::unique_ptr<fleet::Fleet> fleet;  // null where this replica stands alone
  platform::FindProcess backend_process;
  control::LeakWatch leaks;
  observe::AccessLog access_log;
  observe::Metrics metrics;
  observe::Dashboard dashboard;
  observe::AdminServer admin;
  Doctor doctor;
  control::ControlApi api;
  Reconfiguration reconfiguration;
  FileWatch config_file;
  TlsWatch tls;
  boost::asio::signal_set signals;
  std::thread api_stopper;
  std::vector<std::string> proxy_names;
  std::uint16_t admin_port = 0, control_port = 0;
  Drain drain{[this](const control::Order& order) { start_to_drain(order); }};
  const bool watched = platform::watchdog_interval().has_value();
  std::optional<Clock::time_point> leaving_since;  // the first signal to end
  bool ended = false;
};

App::Impl::Impl(std::vector<std::string> arguments, config::Loaded loaded)
    : config(loaded.config),
      cpus(platform::available_cpus()),
      log(config.log),
      memory(config, cpus, log),
      tuning_settings(tuner_settings(config, cpus, memory)),
      recorders(make_recorders(config.proxy.workers)),
      limiter(config.admission, tuning_settings.initial, Clock::now()),
      server(within_descriptors(config), limiter, recorders),
      upstream([this] { return server.addresses(); }, log),
      tuning(loop,
             {.algorithm = config.tuning.algorithm,
              .tuner = tuning_settings,
              .mode = config.admission.mode,
              .pin = config.limit.pin},
             limiter, recorders),
      backend_process(find_backend(config)),
      access_log(config.proxy.access, server.access_bell(), server.access_rings()),
      metrics({.recorders = recorders,
               .limiter = limiter,
               .steering = tuning.steering(),
               .leaks = leaks,
               .access_log = access_log,
               .configuration = [this]() -> const control::ConfigurationStatus& {
                 return reconfiguration.status();
               },
               .gauges = [this] { return server.gauges(); },
               .addresses = [this] { return upstream.look(); },
               .backend = platform::family_status(backend_process),
               .fleet = [this] { return fleet ? fleet->view() : fleet::View{}; }}),
      dashboard({.tuning = tuning,
                 .limiter = limiter,
                 .recorders = recorders,
                 .upstream = proxy::format(config.proxy.upstream),
                 .addresses = [this] { return upstream.look(); },
                 .token = config.operator_token.secret,
                 .set_log_level = [this](observe::LogLevel level) { log.set_level(level); }}),
      admin(loop, admin_pages(drain, metrics, dashboard), dashboard.posts(), dashboard.feeds()),
      doctor(
          loop, tuning_settings.initial, backend_process, [this] { return upstream.of_our_own(); },
          std::string(proxy::Server::probe_field) + ": " + server.probe_token()),
      api(loop, tuning,
          {.host = config.control.host,
           .port = config.control.port,
           .access = config.access,
           .backend = platform::family_status(backend_process),
           .diagnose =
               [this](auto done) {
                 return doctor.examine(reconfiguration.config(), std::move(done));
               },
           .configuration = configuration_calls(reconfiguration),
           .addresses = [this] { return upstream.look(); },
           .recording = config.recording.path.empty() ? std::function<std::vector<std::string>()>()
                                                      : [this] { return recording->files(); }}),
      reconfiguration(std::move(arguments), std::move(loaded),
                      [this](const auto& next, const auto& keys, const control::Order& why) {
                        put_in_force(next, keys, why, {limiter, server, tuning, log});
                      }),
      config_file(reconfiguration.files()),
      tls(config.proxy, server, log),
      signals(loop, SIGTERM, SIGINT, SIGHUP) {
  tuning.on_failure([this](const std::string& problem) {
    log(Event::tuning_failed, {{"limit", std::int64_t{limiter.limit()}}, {"problem", problem}});
  });
  tuning.steering().on_decision([this](const auto& decision) {
    tell(log, decision);
    dashboard.on_decision();
  });
  server.on_failure([this](const char* what) {
    log(Event::session_failed, {{"what", std::string(what)}});
  });
  keep_decisions();
  recording = record(config, tuning, log);
  join_fleet();
  tuning.steering().restore_curve(memory.curve());
  tuning.each_second([this](tuner::TimePoint now) {
    watch_second(now);
    dashboard.each_second(now);
    if (config_file.has_changed()) reconfiguration.reload("the file changed");
    tls.each_second();
    upstream.each_second();
    if (watched) platform::notify("WATCHDOG=1");
  });
  reconfiguration.on_attempt([this](const auto& status) { tell(log, status); });
  api.add(control::make_lifecycle_service(loop, drain, config.access));
}

void App::Impl::join_fleet() {
  fleet = make_member(loop, config, memory, log);
  if (!fleet) return;
  tuning.before_tick(
      [this](control::Steering& steering, tuner::TimePoint now) { fleet->tick(steering, now); });
}

void App::Impl::keep_decisions() {
  const auto& file = config.decisions.path;
  if (file.empty()) return;
  tuning.steering().restore(control::DecisionFile::read_last(file));
  decisions =
      std::make_unique<control::DecisionFile>(config.decisions, [this](const std::string& problem) {
        log(Event::decision_write_failed, {{"file", config.decisions.path}, {"problem", problem}});
      });
  tuning.steering().on_decision(
      [this](const control::Decision& decision) { decisions->append(decision); });
}

App::App(std::vector<std::string> arguments, config::Loaded loaded)
    : impl_(std::make_unique<Impl>(std::move(arguments), std::move(loaded))) {}
App::~App() = default;

App::Exit App::run() {
  Impl& app = *impl_;
  app.log(Event::started, {{"version", std::string(SWEETSPOT_VERSION)},
                           {"upstream", proxy::format(app.config.proxy.upstream)},
                           {"mode", std::string(to_string(app.config.admission.mode))},
                           {"algorithm", std::string(to_string(app.config.tuning.algorithm))},
                           {"objective", std::string(to_string(app.config.tuning.objective))},
                           {"limit", std::int64_t{app.tuning_settings.initial}},
                           {"workers", std::int64_t{app.config.proxy.workers}}});
  if (const auto problem = app.access_log.start(); !problem.empty()) {
    app.log(Event::access_log_failed, {{"problem", problem}});
    return Exit::configuration;
  }
  if (const auto problem = app.server.load_tls(); !problem.empty()) {
    app.log(Event::tls_refused, {{"problem", problem}});
    return Exit::configuration;
  }
  if (!app.bind()) return Exit::cannot_bind;
  app.wait_for_signal();
  app.tuning.start();
  app.admin.start();
  app.server.start();
  app.announce();
  app.doctor.examine(app.config, [&log = app.log](const auto& findings) { tell(log, findings); });
  app.loop.run();
  app.api_stopper.join();
  app.server.stop();
  return Exit::drained;
}

bool App::Impl::bind() {
  const auto failed = [this](const char* port, const std::string& problem) {
    log(Event::bind_failed, {{"port", std::string(port)}, {"problem", problem}});
    return false;
  };
  const auto proxy_bound = server.bind();
  if (!proxy_bound.error.empty()) return failed("listen", proxy_bound.error);
  const auto admin_bound = admin.bind(config.admin.host, config.admin.port);
  if (!admin_bound.error.empty()) return failed("admin", admin_bound.error);
  const auto api_bound = api.start();
  if (!api_bound.error.empty()) return failed("control", api_bound.error);
  proxy_names = proxy_bound.names;
  admin_port = admin_bound.port;
  control_port = api_bound.port;
  return true;
}

void App::Impl::announce() {
  const std::string proxy_name = joined(proxy_names, ",");
  const std::string admin_name = name_of(config.admin.host, admin_port);
  const std::string& control_host = config.control.host;
  const std::string control_name =
      control_host.starts_with("unix:") ? control_host : name_of(control_host, control_port);
  std::printf("ready proxy=%s admin=%s control=%s\n", proxy_name.c_str(), admin_name.c_str(),
              control_name.c_str());
  std::fflush(stdout);
  platform::notify("READY=1\nSTATUS=serving at " + proxy_name);
  log(Event::ready, {{"proxy", proxy_name}, {"admin", admin_name}, {"control", control_name}});
}

void App::Impl::wait_for_signal() {
  signals.async_wait([this](boost::system::error_code error, int number) {
    if (error) return;
    on_signal(number);
    wait_for_signal();
  });
}

void App::Impl::on_signal(int number) {
  if (number != SIGHUP) {
    if (!leaving_since) return leave();
    return Clock::now() - *leaving_since < one_wish ? void() : cut_short();
  }
  const auto monotonic =
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch());
  platform::notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
  config_file.forget();
  reconfiguration.reload("SIGHUP");
  tls.reload();
  platform::notify("READY=1");
}

void App::Impl::leave() {
  leaving_since = Clock::now();
  drain.begin({"a signal", "sweetspot"});
  drain.when_drained([this](bool) { end(); });
}

void App::Impl::start_to_drain(const control::Order& order) {
  memory.save(tuning.steering().status(Clock::now()), tuning.steering().curve());
  if (fleet) fleet->leave();
  tuning.steering().begin_drain(order, Clock::now());
  api.set_draining();
  if (leaving_since) platform::notify("STOPPING=1\nSTATUS=draining");
  const auto& how = reconfiguration.config().drain;
  log(Event::draining, {{"delay", platform::format_duration(how.delay)},
                        {"grace", platform::format_duration(how.grace)}});
  server.drain(how.delay, how.grace, [this](bool clean) {
    boost::asio::post(loop, [this, clean] {
      log(Event::drained, {{"clean", clean}, {"in_flight", std::int64_t{limiter.in_flight()}}});
      tuning.steering().set_drained();
      drain.finish(clean);
    });
  });
}

void App::Impl::cut_short() {
  if (ended) return;
  log(Event::stopping_at_once, {{"in_flight", std::int64_t{limiter.in_flight()}}});
  end();
}

// Stops gRPC from a thread of its own, since its last calls are answered by this loop; the loop
// ends after them.
void App::Impl::end() {
  if (ended) return;
  ended = true;
  drain.finish(false);
  tuning.stop();
  if (fleet) fleet->stop();
  admin.stop();
  api_stopper = std::thread([this] {
    api.stop();
    boost::asio::post(loop, [this] { loop.stop(); });
  });
}

void App::Impl::watch_second(tuner::TimePoint now) {
  const auto status = tuning.steering().status(now);
  memory.note(status, tuning.steering().curve(), now);
  const auto gauges = server.gauges();
  const auto before = leaks.leaked();
  leaks.observe(status.in_flight,
                gauges.downstream_connections + gauges.upstream_connections - gauges.upstream_idle);
  if (leaks.leaked() > before)
    log(Event::permits_leaked, {{"permits", static_cast<std::int64_t>(leaks.leaked())}});
}

}  // namespace sweetspot::service
