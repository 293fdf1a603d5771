// The exporter of exporter.c in C++: a class per instance, and no exception may cross the line.
//
//   c++ -std=c++17 -Wall -Wextra -fPIC -shared $(pkg-config --cflags waggle-exporter) exporter.cpp -o libmine.so
#include <waggle/exporter.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::uint32_t flush_timer = 1;
constexpr std::int64_t flush_after_ns = 1'000'000'000;

std::string_view view(wg_exporter_str text) {
    return {text.ptr, static_cast<std::size_t>(text.len)};
}

wg_exporter_str text(std::string_view words) { return {words.data(), words.size()}; }

// One per partition, on each broker that has a replica of it.
class Exporter {
public:
    Exporter(const wg_exporter_host *host, wg_exporter_ctx *ctx) : host_(host), ctx_(ctx) {}

    // On leaders and followers. What is wrong with the args must come out here, in words.
    std::int32_t configure() {
        batch_ = read_batch(std::string(view(host_->args_json(ctx_))));
        wg_exporter_filter filter;
        std::memset(&filter, 0xFF, sizeof filter); // all value types
        filter.struct_size = sizeof filter;
        filter.reserved = 0;
        filter.record_types = 1u << 0; // 0 = EVENT, 1 = COMMAND, 2 = COMMAND_REJECTION
        return host_->set_filter(ctx_, &filter);
    }

    // On leaders only, before the first record. A sink that is away is a reason to answer RETRY.
    std::int32_t open() { return WG_EXPORTER_OK; }

    // The record and all it points to are gone when this returns.
    std::int32_t export_record(const wg_exporter_record &record) {
        // It comes again if we answered RETRY, or if another exporter did: store it once.
        if (record.position > last_position_) {
            if (std::int32_t result = store(record); result != WG_EXPORTER_OK) {
                return result;
            }
        }
        return pending_ >= batch_ ? flush() : WG_EXPORTER_OK;
    }

    std::int32_t on_timer(std::uint32_t timer) {
        if (timer == flush_timer && flush() != WG_EXPORTER_OK) {
            // An error here would end the director and all exporters of the partition: try later.
            return host_->schedule(ctx_, flush_timer, flush_after_ns);
        }
        return WG_EXPORTER_OK;
    }

    // The last chance to flush and acknowledge. A killed broker does not call it.
    std::int32_t close() { return flush(); }

    void complain(const char *words) { host_->log(ctx_, 0, text(words)); }

private:
    // A real exporter uses a JSON library and refuses what it does not know.
    static long read_batch(const std::string &args) {
        constexpr std::string_view key = "\"batch\":";
        const std::size_t at = args.find(key);
        if (at == std::string::npos) {
            return 1;
        }
        const long batch = std::strtol(args.c_str() + at + key.size(), nullptr, 10);
        if (batch < 1 || batch > 1000) {
            throw std::invalid_argument("batch: a number from 1 to 1000 is needed");
        }
        return batch;
    }

    std::int32_t store(const wg_exporter_record &record) {
        const wg_exporter_str json = host_->record_json(ctx_, &record);
        if (std::int32_t result = host_->sink_put(ctx_, record.position, json);
            result != WG_EXPORTER_OK) {
            return result;
        }
        last_position_ = record.position;
        // The last records of a quiet hour must not wait for the next one.
        return ++pending_ == 1 ? host_->schedule(ctx_, flush_timer, flush_after_ns)
                               : WG_EXPORTER_OK;
    }

    std::int32_t flush() {
        if (pending_ == 0) {
            return WG_EXPORTER_OK;
        }
        if (std::int32_t result = host_->sink_flush(ctx_); result != WG_EXPORTER_OK) {
            return result; // still pending: nothing is lost, nothing is acknowledged
        }
        pending_ = 0;
        return host_->acknowledge(ctx_, last_position_, {nullptr, 0}); // metadata as it is
    }

    const wg_exporter_host *host_;
    wg_exporter_ctx *ctx_;
    long batch_ = 1;   // records per flush
    long pending_ = 0; // stored, not flushed
    std::int64_t last_position_ = -1;
};

// Whatever is thrown ends here: as an answer, and as a line for the user.
template <typename Call> std::int32_t guarded(void *instance, Call call) noexcept {
    auto &exporter = *static_cast<Exporter *>(instance);
    try {
        return call(exporter);
    } catch (const std::invalid_argument &wrong) {
        exporter.complain(wrong.what());
        return WG_EXPORTER_FATAL;
    } catch (const std::exception &error) {
        exporter.complain(error.what());
        return WG_EXPORTER_RETRY;
    } catch (...) {
        return WG_EXPORTER_RETRY;
    }
}

void *create(const wg_exporter_host *host, wg_exporter_ctx *ctx) noexcept {
    try {
        return new Exporter(host, ctx);
    } catch (...) {
        return nullptr;
    }
}

void destroy(void *instance) noexcept { delete static_cast<Exporter *>(instance); }

std::int32_t configure(void *instance) noexcept {
    return guarded(instance, [](Exporter &exporter) { return exporter.configure(); });
}
std::int32_t open_it(void *instance) noexcept {
    return guarded(instance, [](Exporter &exporter) { return exporter.open(); });
}
std::int32_t export_record(void *instance, const wg_exporter_record *record) noexcept {
    return guarded(instance, [&](Exporter &exporter) { return exporter.export_record(*record); });
}
std::int32_t on_timer(void *instance, std::uint32_t timer) noexcept {
    return guarded(instance, [&](Exporter &exporter) { return exporter.on_timer(timer); });
}
std::int32_t close_it(void *instance) noexcept {
    return guarded(instance, [](Exporter &exporter) { return exporter.close(); });
}

} // namespace

const wg_exporter_plugin *waggle_exporter(std::uint32_t host_abi_major, std::uint32_t) {
    // In the order of the struct: C++17 has no designated initialisers.
    static const wg_exporter_plugin plugin = {sizeof(wg_exporter_plugin),
                                              WG_EXPORTER_ABI_MAJOR,
                                              WG_EXPORTER_ABI_MINOR,
                                              0,
                                              "template-cpp",
                                              "1.0.0",
                                              create,
                                              destroy,
                                              configure,
                                              open_it,
                                              export_record,
                                              on_timer,
                                              close_it};
    return host_abi_major == WG_EXPORTER_ABI_MAJOR ? &plugin : nullptr;
}
