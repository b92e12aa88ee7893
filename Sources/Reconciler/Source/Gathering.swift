import Synchronization

/// Values that come in any order, from several threads, each with its index.
final class Gathering<Value: Sendable>: Sendable {
    private let values: Mutex<[Value?]>

    /// Waits for so many.
    init(count: Int) {
        values = Mutex(Array(repeating: nil, count: count))
    }

    /// Takes some of them.
    func note(_ some: [(index: Int, value: Value)]) {
        values.withLock { values in
            for (index, value) in some {
                values[index] = value
            }
        }
    }

    /// Those that came, in the order of their indices.
    var all: [Value] { values.withLock { $0.compactMap(\.self) } }
}
