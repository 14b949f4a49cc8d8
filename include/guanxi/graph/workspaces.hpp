#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace guanxi::graph::detail {

/// Scratch memory for blocks that run on several threads: as many as run at once, each used again by a later block.
template <class T>
class workspaces {
 public:
  template <class Make>
  [[nodiscard]] std::unique_ptr<T> take(Make&& make) {
    {
      const std::lock_guard<std::mutex> hold(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<T> out = std::move(free_.back());
        free_.pop_back();
        return out;
      }
    }
    return std::make_unique<T>(std::forward<Make>(make)());
  }
  void put(std::unique_ptr<T> used) {
    const std::lock_guard<std::mutex> hold(mutex_);
    free_.push_back(std::move(used));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace guanxi::graph::detail
