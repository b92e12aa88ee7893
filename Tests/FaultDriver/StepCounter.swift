import Foundation
import Glibc
import Synchronization

/// Counts steps, and ends the process at one of them as a crash would.
final class StepCounter: Sendable {
    private let steps = Mutex<[String]>([])
    private let fatal: FatalStep?
    private let folder: URL

    /// - Parameter fatal: where the process ends; nil for nowhere.
    init(fatal: FatalStep?, folder: URL) {
        self.fatal = fatal
        self.folder = folder
    }

    /// All steps so far, in their order.
    var passed: [String] { steps.withLock(\.self) }

    /// Under the lock to the end: no step is passed beside the last one.
    func pass(_ step: String) {
        steps.withLock { steps in
            steps.append(step)
            switch fatal {
            case nil: return
            case .number(let fatal): guard steps.count == fatal else { return }
            case .first(let name): guard step == name else { return }
            }
            try? Data(step.utf8).write(to: folder.appendingPathComponent("killed"))
            kill(getpid(), SIGKILL)
            while true { pause() }
        }
    }
}

/// Which step is the last.
enum FatalStep {
    /// Counted from 1.
    case number(Int)
    /// The first of this name.
    case first(String)

    /// - Parameter text: a number, or a name; nil for 0.
    init?(_ text: String) {
        switch Int(text) {
        case 0: return nil
        case let number?: self = .number(number)
        case nil: self = .first(text)
        }
    }
}
