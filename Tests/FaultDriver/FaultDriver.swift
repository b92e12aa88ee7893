import Foundation
import Git
import Glibc
import Jobs
import Journal
import Logging
import Reconciler
import Synchronization
import TestSupport

/// One life of the reconciler for the tests of what a kill leaves behind: the real loop and the real journal, over a backend of files.
///
///     FaultDriver REPOSITORY FOLDER COMMIT STEP FAULTS
///
/// It ends when all of the commit is done, or stops itself dead at a step: before or after a write of the journal or a call of the
/// backend, counted from 1; 0 is none. FAULTS is a seed that makes some calls fail, 0 none. The file `steps` of the folder then says how many
/// steps there were.
@main
struct FaultDriver {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let fatal = Int(arguments[4]), let seed = UInt64(arguments[5]) else {
            print("usage: FaultDriver REPOSITORY FOLDER COMMIT STEP FAULTS")
            exit(64)
        }
        let folder = URL(fileURLWithPath: arguments[2])
        let steps = StepCounter(fatal: fatal)
        let backend = try FileBackend(
            folder: folder.appendingPathComponent("runs"),
            faultSeed: seed == 0 ? nil : seed
        ) { _ in steps.pass() }
        let journal = try Journal(folder: folder) { _ in steps.pass() }
        let life = Life(backend: backend, journal: journal, repository: arguments[1], folder: folder)
        try await life.run(until: arguments[3])
        try Data("\(steps.count)".utf8).write(to: folder.appendingPathComponent("steps"))
    }
}

/// Counts steps, and ends the process at one of them as a crash would.
final class StepCounter: Sendable {
    private let passed = Mutex(0)
    private let fatal: Int

    init(fatal: Int) {
        self.fatal = fatal
    }

    var count: Int { passed.withLock(\.self) }

    func pass() {
        let number = passed.withLock { passed in
            passed += 1
            return passed
        }
        guard number == fatal else { return }
        kill(getpid(), SIGKILL)
        while true { pause() }
    }
}
