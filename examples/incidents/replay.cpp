#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace {

enum class status { ready, wait, done };

struct feed {
    std::mutex lock;
    int owner = -1;
    long position = 0;
};

class replayer {
public:
    explicit replayer(int slots) : feeds_(slots), current_(slots, -1)
    {
        for (auto &each : feeds_)
            each = std::make_unique<feed>();
    }

    status next(int slot);
    void fill(int slot, long records);

private:
    void leave(int slot);
    std::vector<std::unique_ptr<feed>> feeds_;
    std::vector<int> current_;
};

void replayer::leave(int slot)
{
    int previous = current_[slot];
    if (previous >= 0) {
        std::lock_guard<std::mutex> guard(feeds_[previous]->lock);
        feeds_[previous]->owner = -1;
    }
    current_[slot] = -1;
}

// Correct: what the reader of the recording adds.
void replayer::fill(int slot, long records)
{
    std::lock_guard<std::mutex> guard(feeds_[slot]->lock);
    feeds_[slot]->position += records;
}

// Calls leave with the feed's lock held; where the slot already owns that feed, leave locks it again.
status replayer::next(int slot)
{
    feed &wanted = *feeds_[slot];
    std::lock_guard<std::mutex> guard(wanted.lock);
    if (wanted.position >= 100)
        return status::done;
    if (wanted.position == 0) {
        leave(slot);
        return status::wait;
    }
    wanted.owner = slot;
    current_[slot] = slot;
    return status::ready;
}

// Spins while the feed is not ready, instead of sleeping or yielding.
long drain(replayer &source, int slot)
{
    long turns = 0;
    for (status now = source.next(slot); now != status::done; now = source.next(slot)) {
        if (now == status::wait)
            continue;
        ++turns;
    }
    return turns;
}

} // namespace

// Correct: every thread that is started is joined.
extern "C" long replay_run(int slots)
{
    replayer source(slots);
    std::vector<long> turns(slots);
    std::vector<std::thread> threads;
    for (int slot = 0; slot < slots; ++slot)
        threads.emplace_back([&source, &turns, slot] { turns[slot] = drain(source, slot); });
    long total = 0;
    for (int slot = 0; slot < slots; ++slot)
        source.fill(slot, 100);
    for (int slot = 0; slot < slots; ++slot) {
        threads[slot].join();
        total += turns[slot];
    }
    return total;
}
