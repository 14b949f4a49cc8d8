#pragma once
// Hand-made Arrow streams for tests: columns as formats and buffers, every release counted.
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/ledger/arrow.hpp>

namespace guanxi::support {

/// One column of one batch. The buffers are copies, so that what is read after a release is caught by the sanitizer.
struct arrow_column {
  std::int64_t length = 0, offset = 0, null_count = 0;
  std::vector<std::vector<std::uint8_t>> buffers;
  std::vector<bool> absent;  // buffers given as null pointers
  std::shared_ptr<arrow_column> dictionary;
};

template <class T>
std::vector<std::uint8_t> bytes_of(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// Bits, least significant first, from a text such as "1101"; an empty text is no bitmap.
inline std::vector<std::uint8_t> bits_of(const std::string& text) {
  std::vector<std::uint8_t> bits((text.size() + 7) / 8);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '1') bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1u << i % 8);
  return bits;
}

template <class T>
arrow_column values(const std::vector<T>& v, const std::string& valid = "") {
  return {static_cast<std::int64_t>(v.size()), 0, valid.empty() ? 0 : -1, {bits_of(valid), bytes_of(v)}, {valid.empty(), false}, nullptr};
}

template <class Offset>
arrow_column texts(const std::vector<std::string>& v, const std::string& valid = "") {
  std::vector<Offset> offset{0};
  std::string all;
  for (const auto& text : v) {
    all += text;
    offset.push_back(static_cast<Offset>(all.size()));
  }
  return {static_cast<std::int64_t>(v.size()), 0, valid.empty() ? 0 : -1,
          {bits_of(valid), bytes_of(offset), std::vector<std::uint8_t>(all.begin(), all.end())}, {valid.empty(), false, false}, nullptr};
}

inline arrow_column views(const std::vector<std::string>& v, const std::string& valid = "") {
  std::vector<std::uint8_t> view, data;
  for (const auto& text : v) {
    std::int32_t part[4] = {static_cast<std::int32_t>(text.size()), 0, 0, 0};
    if (text.size() <= 12) {
      std::memcpy(part + 1, text.data(), text.size());
    } else {
      std::memcpy(part + 1, text.data(), 4);
      part[3] = static_cast<std::int32_t>(data.size());
      data.insert(data.end(), text.begin(), text.end());
    }
    const auto* p = reinterpret_cast<const std::uint8_t*>(part);
    view.insert(view.end(), p, p + 16);
  }
  const std::vector<std::int64_t> sizes{static_cast<std::int64_t>(data.size())};
  return {static_cast<std::int64_t>(v.size()), 0, valid.empty() ? 0 : -1, {bits_of(valid), view, data, bytes_of(sizes)},
          {valid.empty(), false, false, false}, nullptr};
}

template <class Index>
arrow_column dictionary(const std::vector<Index>& index, arrow_column entries, const std::string& valid = "") {
  arrow_column c = values(index, valid);
  c.dictionary = std::make_shared<arrow_column>(std::move(entries));
  return c;
}

/// A stream of batches, all of the same columns.
class arrow_stream {
 public:
  struct column_type {
    std::string name, format, dictionary_format;
  };
  arrow_stream(std::vector<column_type> types, std::vector<std::vector<arrow_column>> batches)
      : types_(std::move(types)), batches_(std::move(batches)) {
    stream_.get_schema = [](ArrowArrayStream* s, ArrowSchema* out) { return self(s).schema(out); };
    stream_.get_next = [](ArrowArrayStream* s, ArrowArray* out) { return self(s).next(out); };
    stream_.get_last_error = [](ArrowArrayStream* s) -> const char* { return self(s).failure.empty() ? nullptr : self(s).failure.c_str(); };
    stream_.release = [](ArrowArrayStream* s) {
      ++self(s).released;
      s->release = nullptr;
    };
    stream_.private_data = this;
  }
  ArrowArrayStream* get() { return &stream_; }

  std::string failure;          // when set, the next batch fails with it
  std::string top_format = "+s";
  std::int64_t batch_offset = 0, batch_length = -1, batch_children = -1;
  int released = 0;             // of the stream
  int open = 0;                 // schemas and arrays not yet released

 private:
  static arrow_stream& self(ArrowArrayStream* s) { return *static_cast<arrow_stream*>(s->private_data); }

  struct schema_data {
    arrow_stream* owner = nullptr;
    std::string name, format;
    std::vector<ArrowSchema> children;
    std::vector<ArrowSchema*> pointers;
    std::unique_ptr<ArrowSchema> dictionary;
  };
  struct array_data {
    arrow_stream* owner = nullptr;
    std::vector<std::unique_ptr<std::uint8_t[]>> memory;
    std::vector<const void*> buffers;
    std::vector<ArrowArray> children;
    std::vector<ArrowArray*> pointers;
    std::unique_ptr<ArrowArray> dictionary;
  };
  void fill(ArrowSchema* out, std::string name, std::string format, schema_data*& data) {
    data = new schema_data{this, std::move(name), std::move(format), {}, {}, nullptr};
    *out = {data->format.c_str(), data->name.c_str(), nullptr, 2, 0, nullptr, nullptr, nullptr, data};
    ++open;
    out->release = [](ArrowSchema* s) {
      auto* d = static_cast<schema_data*>(s->private_data);
      for (auto& child : d->children)
        if (child.release) child.release(&child);
      if (d->dictionary && d->dictionary->release) d->dictionary->release(d->dictionary.get());
      --d->owner->open;
      s->release = nullptr;
      delete d;
    };
  }
  int schema(ArrowSchema* out) {
    schema_data* data = nullptr;
    fill(out, "", top_format, data);
    data->children.resize(types_.size());
    for (std::size_t c = 0; c < types_.size(); ++c) {
      schema_data* child = nullptr;
      fill(&data->children[c], types_[c].name, types_[c].format, child);
      if (!types_[c].dictionary_format.empty()) {
        schema_data* entries = nullptr;
        child->dictionary = std::make_unique<ArrowSchema>();
        fill(child->dictionary.get(), "", types_[c].dictionary_format, entries);
        data->children[c].dictionary = child->dictionary.get();
      }
      data->pointers.push_back(&data->children[c]);
    }
    out->n_children = static_cast<std::int64_t>(types_.size());
    out->children = data->pointers.data();
    return 0;
  }
  array_data* fill(ArrowArray* out, std::int64_t length, std::int64_t nulls, std::int64_t offset) {
    auto* data = new array_data{this, {}, {}, {}, {}, nullptr};
    *out = {length, nulls, offset, 0, 0, nullptr, nullptr, nullptr, nullptr, data};
    ++open;
    out->release = [](ArrowArray* a) {
      auto* d = static_cast<array_data*>(a->private_data);
      for (auto& child : d->children)
        if (child.release) child.release(&child);
      if (d->dictionary && d->dictionary->release) d->dictionary->release(d->dictionary.get());
      --d->owner->open;
      a->release = nullptr;
      delete d;
    };
    return data;
  }
  void column(ArrowArray* out, const arrow_column& c) {
    array_data* data = fill(out, c.length, c.null_count, c.offset);
    for (std::size_t b = 0; b < c.buffers.size(); ++b) {
      data->memory.push_back(std::make_unique<std::uint8_t[]>(c.buffers[b].size()));
      if (!c.buffers[b].empty()) std::memcpy(data->memory.back().get(), c.buffers[b].data(), c.buffers[b].size());
      data->buffers.push_back(b < c.absent.size() && c.absent[b] ? nullptr : data->memory.back().get());
    }
    out->n_buffers = static_cast<std::int64_t>(data->buffers.size());
    out->buffers = data->buffers.data();
    if (c.dictionary) {
      data->dictionary = std::make_unique<ArrowArray>();
      column(data->dictionary.get(), *c.dictionary);
      out->dictionary = data->dictionary.get();
    }
  }
  int next(ArrowArray* out) {
    *out = {};
    if (!failure.empty()) return 5;
    if (at_ == batches_.size()) return 0;
    const auto& batch = batches_[at_++];
    array_data* data = fill(out, batch_length >= 0 ? batch_length : batch.empty() ? 0 : batch[0].length - batch[0].offset - batch_offset, 0, batch_offset);
    data->buffers.push_back(nullptr);
    out->n_buffers = 1;
    out->buffers = data->buffers.data();
    data->children.resize(batch.size());
    for (std::size_t c = 0; c < batch.size(); ++c) {
      column(&data->children[c], batch[c]);
      data->children[c].length = batch[c].length - batch[c].offset;
      data->pointers.push_back(&data->children[c]);
    }
    out->n_children = batch_children >= 0 ? batch_children : static_cast<std::int64_t>(batch.size());
    out->children = data->pointers.data();
    return 0;
  }

  std::vector<column_type> types_;
  std::vector<std::vector<arrow_column>> batches_;
  std::size_t at_ = 0;
  ArrowArrayStream stream_{};
};

}  // namespace guanxi::support
