import Foundation
import Synchronization

/// Files that were read and not yet taken.
///
/// Tasks beside the reader take them, one for each processor but the reader's own; where they can't keep up, the reader
/// takes some too, so that all processors are busy to the end and the memory that waits stays small.
final class ReadingBacklog: Sendable {
    /// What the reader does after it has added a part.
    enum Step {
        /// Reads on.
        case wait
        /// Starts another task that takes parts until there are none.
        case helper
        /// Takes a part itself.
        case take(ReadPart)
    }

    private struct State {
        var parts: [ReadPart] = []
        var helpers = 0
    }

    /// How many parts may wait.
    private static let longest = 8

    private let state = Mutex(State())
    private let mostHelpers = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)

    func add(_ part: ReadPart) -> Step {
        state.withLock { state in
            state.parts.append(part)
            if state.helpers < mostHelpers {
                state.helpers += 1
                return .helper
            }
            return state.parts.count > Self.longest ? .take(state.parts.removeFirst()) : .wait
        }
    }

    /// The part that has waited longest; nil where there is none, and then a helper is over.
    func next(isHelper: Bool = true) -> ReadPart? {
        state.withLock { state in
            guard state.parts.isEmpty else { return state.parts.removeFirst() }
            state.helpers -= isHelper ? 1 : 0
            return nil
        }
    }
}
