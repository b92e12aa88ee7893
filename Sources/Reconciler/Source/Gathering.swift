public import Synchronization

/// Values that come in any order, from several threads, each with its index.
public final class Gathering<Value: Sendable>: Sendable {
    @usableFromInline let values: Mutex<[Value?]>

    /// Waits for so many.
    @inlinable
    public init(count: Int) {
        values = Mutex(Array(repeating: nil, count: count))
    }

    /// Takes some of them.
    @inlinable
    public func note(_ some: [(index: Int, value: Value)]) {
        values.withLock { values in
            for (index, value) in some {
                values[index] = value
            }
        }
    }

    /// Those that came, in the order of their indices.
    @inlinable public var all: [Value] { values.withLock { $0.compactMap(\.self) } }
}
