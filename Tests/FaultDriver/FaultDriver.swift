import Foundation
import Git
import Glibc
import Jobs
import Journal
import Logging
import Reconciler
import TestSupport

/// One life of the reconciler for the tests of what a kill leaves behind: the real loop and the real journal, over a backend of files.
///
///     FaultDriver REPOSITORY FOLDER COMMIT STEP FAULTS
///
/// It ends when all of the commit is done, or stops itself dead at a step: before or after a write of the journal or a call of the
/// backend, counted from 1, or by its name, `before write intend`, the first of it; 0 is none. FAULTS is a seed that makes some calls fail, 0 none. The file `steps` of the folder then has the
/// steps that there were, a line each, and the file `killed` the one that was the last.
@main
struct FaultDriver {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let seed = UInt64(arguments[5]) else {
            print("usage: FaultDriver REPOSITORY FOLDER COMMIT STEP FAULTS")
            exit(64)
        }
        let folder = URL(fileURLWithPath: arguments[2])
        let steps = StepCounter(fatal: FatalStep(arguments[4]), folder: folder)
        let backend = try FileBackend(
            folder: folder.appendingPathComponent("runs"),
            faultSeed: seed == 0 ? nil : seed
        ) { moment, call in steps.pass("\(moment) call \(call)") }
        let journal = try Journal(folder: folder) { moment, write in
            steps.pass("\(moment) write \(write.prefix { $0 != "(" })")
        }
        let life = Life(backend: backend, journal: journal, repository: arguments[1], folder: folder)
        try await life.run(until: arguments[3])
        try Data(steps.passed.joined(separator: "\n").utf8).write(to: folder.appendingPathComponent("steps"))
    }
}
