import Foundation
import Glibc
import Synchronization

/// Counts steps, and ends the process at one of them as a crash would.
final class StepCounter: Sendable {
    private let steps = Mutex<[String]>([])
    private let fatal: Int
    private let folder: URL

    init(fatal: Int, folder: URL) {
        self.fatal = fatal
        self.folder = folder
    }

    /// All steps so far, in their order.
    var passed: [String] { steps.withLock(\.self) }

    func pass(_ step: String) {
        let number = steps.withLock { steps in
            steps.append(step)
            return steps.count
        }
        guard number == fatal else { return }
        try? Data(step.utf8).write(to: folder.appendingPathComponent("killed"))
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
