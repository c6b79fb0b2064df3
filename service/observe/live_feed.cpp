#include "service/observe/live_feed.hpp"

#include <utility>

namespace sweetspot::observe {

LiveFeed::LiveFeed(std::function<std::string()> make_hello) : make_hello_(std::move(make_hello)) {}

bool LiveFeed::is_watched() {
  std::erase_if(viewers_, [](const auto& viewer) { return viewer.expired(); });
  return !viewers_.empty();
}

std::shared_ptr<LiveFeed::Viewer> LiveFeed::join(std::function<void()> wake) {
  is_watched();
  if (ended_ || viewers_.size() >= most_viewers) return nullptr;
  auto viewer = std::make_shared<Viewer>();
  viewer->wake = std::move(wake);
  viewer->pending.push_back(std::make_shared<const std::string>(make_hello_()));
  viewers_.push_back(viewer);
  return viewer;
}

void LiveFeed::publish(std::string text) {
  const auto message = std::make_shared<const std::string>(std::move(text));
  for (const auto& weak : viewers_) {
    const auto viewer = weak.lock();
    if (!viewer) continue;
    if (viewer->pending.size() >= most_pending)
      viewer->is_cut_off = true;
    else
      viewer->pending.push_back(message);
    viewer->wake();
  }
}

void LiveFeed::end() {
  ended_ = true;
  for (const auto& weak : viewers_) {
    const auto viewer = weak.lock();
    if (!viewer) continue;
    viewer->is_cut_off = true;
    viewer->wake();
  }
}

}  // namespace sweetspot::observe
