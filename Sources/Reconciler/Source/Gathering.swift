import Synchronization

/// Values that come in any order, from several threads, each with its index.
final class Gathering<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value?]
        var error: (any Error)?
    }

    private let state: Mutex<State>

    /// Waits for so many.
    init(count: Int) {
        state = Mutex(State(values: Array(repeating: nil, count: count)))
    }

    /// Makes some of them, or keeps in mind that one can't be made.
    func note<Part>(_ parts: [(index: Int, content: Part)], _ make: (Int, Part) throws -> Value) {
        let made = Result { try parts.map { try make($0.index, $0.content) } }
        state.withLock { state in
            switch made {
            case .success(let values):
                for (part, value) in zip(parts, values) {
                    state.values[part.index] = value
                }
            case .failure(let error): state.error = error
            }
        }
    }

    /// Those that came, in the order of their indices.
    ///
    /// - Throws: why one could not be made.
    func all() throws -> [Value] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.values.compactMap(\.self)
        }
    }
}
