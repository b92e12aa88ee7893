import Foundation
import Synchronization

/// How many threads are at work on something long, so that there are as many of them as processors: with more, each waits for the others, and the
/// one that can't be shared out ends last.
final class Processors: Sendable {
    /// Those of this machine.
    static let all = Processors(count: ProcessInfo.processInfo.activeProcessorCount)

    private let free: Mutex<Int>

    init(count: Int) {
        free = Mutex(count)
    }

    /// Takes one for what has to be done anyway, also where none is free.
    func take() {
        free.withLock { $0 -= 1 }
    }

    /// Takes one for what may be done beside it.
    ///
    /// - Returns: whether one was free.
    func takeFree() -> Bool {
        free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
    }

    /// Gives one back.
    func giveBack() {
        free.withLock { $0 += 1 }
    }
}
