import Synchronization

/// Counts, from whichever thread.
final class Attempts: Sendable {
    private let count = Mutex(0)

    /// 1 at first.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
