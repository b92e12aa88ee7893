import Synchronization

/// What a container has printed, and whoever follows it.
final class PodLog: Sendable {
    private struct Values {
        var lines: [String] = []
        var isEnded = false
        var followers: [AsyncStream<String>.Continuation] = []
    }

    private let values = Mutex(Values())

    /// Adds a line.
    func append(_ line: String) {
        values.withLock { values in
            values.lines.append(line)
            for follower in values.followers { follower.yield(line) }
        }
    }

    /// Nothing more comes.
    func end() {
        values.withLock { values in
            values.isEnded = true
            for follower in values.followers { follower.finish() }
            values.followers = []
        }
    }

    /// The last lines; nil for all.
    func lines(last count: Int?) -> [String] {
        values.withLock { $0.lines.suffix(count ?? $0.lines.count) }
    }

    /// The last lines, and those to come until the container ends.
    func follow(last count: Int?) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream<String>.makeStream()
        values.withLock { values in
            for line in values.lines.suffix(count ?? values.lines.count) { continuation.yield(line) }
            if values.isEnded { continuation.finish() } else { values.followers.append(continuation) }
        }
        return stream
    }
}
