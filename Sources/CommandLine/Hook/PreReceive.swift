import ArgumentParser
import Foundation
import Git
import JobFile
import JobTree
import Jobs

/// `tfjob-admin hook pre-receive`: refuses a push with job files that can't be used.
struct PreReceive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pre-receive",
        abstract: "Refuses a push to the served branch with job files that can't be used.",
        discussion: "Only what the push changes is held against it."
    )

    /// The maximum number of printed issues.
    private static let shown = 20
    /// The default time limit of the check.
    static let usualTime = Duration.seconds(30)

    /// Reads the time limit of the check from the environment.
    private static func readTime() throws -> Duration {
        guard let text = ProcessInfo.processInfo.environment["TFJOB_ADMIN_CHECK_TIME"], !text.isEmpty else {
            return usualTime
        }
        guard let timeout = Timeout(argument: text) else {
            StandardError.writeMessage("TFJOB_ADMIN_CHECK_TIME: \(PlainText.line(text)) is no time: write 30s or 2m")
            throw ExitCode.failure
        }
        return timeout.duration
    }

    func run() async throws {
        guard let update = Hook.readUpdate() else { return }
        let output = HookOutput()
        guard let new = update.new else {
            output.writeLines("tfjob-admin: \(update.name) is deleted; the jobs go on as its last commit had them")
            return
        }
        let time = try Self.readTime()
        output.endProcess(
            after: time,
            saying: """
                tfjob-admin: the push is refused: it could not be checked within \(time / .seconds(1)) s. Push fewer or smaller job \
                files at a time, or have the administrator allow more time with TFJOB_ADMIN_CHECK_TIME.
                """,
            code: 1
        )
        let result: PushCheck.Result
        do {
            result = try await PushCheck(try Repository.openFromEnvironment()).checkPush(from: update.old, to: new)
        } catch {
            output.writeLines(
                "tfjob-admin: the push is refused, since it could not be checked: \(error)",
                "tfjob-admin: if the push itself is right, the administrator can look at the repository with: git fsck"
            )
            throw ExitCode.failure
        }
        for issue in result.issues.prefix(Self.shown) {
            output.writeLines("\(issue)")
        }
        if result.issues.count > Self.shown {
            output.writeLines("… and \(result.issues.count - Self.shown) more")
        }
        if let first = result.oldFaults.first {
            output.writeLines(
                "tfjob-admin: \(result.oldFaults.count) of the other job files can't be used, since before: \(first)"
            )
        }
        if result.hasErrors {
            output.writeLines(
                "tfjob-admin: the push is refused: mend the files above, amend the commit, and push again.",
                "tfjob-admin: before a push, the same check is: tfjob-admin validate"
            )
            throw ExitCode.failure
        }
    }
}

/// Checks a push to the served branch.
struct PushCheck {
    private let repository: Repository

    /// The result of the check.
    struct Result {
        /// The issues of the files that the push changes.
        let issues: [Issue]
        /// The number of other invalid job files, and the first error in them.
        let oldFaults: (count: Int, first: String?)

        var hasErrors: Bool { issues.contains { $0.severity == .error } }
    }

    /// The time limit of the search for old faults, which do not affect the push.
    private static let patience = Duration.milliseconds(200)

    init(_ repository: Repository) {
        self.repository = repository
    }

    /// Checks the branch as it is after the push.
    func checkPush(from old: ObjectID?, to new: ObjectID) async throws -> Result {
        let reading = try await TreeReading(repository, from: old, to: new)
        return Result(
            issues: reading.issues + ((try? await reading.clusterIssues(.all)) ?? []),
            // Old faults never refuse a push.
            oldFaults: old == nil ? (0, nil) : (try? await oldFaults(at: new, besides: reading.changed)) ?? (0, nil)
        )
    }

    private func oldFaults(at commit: ObjectID, besides changed: Set<JobKey>) async throws -> (Int, String?) {
        var (count, first): (Int, String?) = (0, nil)
        let end = ContinuousClock.now + Self.patience
        for entry in try await repository.tree(at: commit, under: JobPath.root) {
            guard ContinuousClock.now < end else { break }
            guard case .job(let key) = JobPath(entry.path), !changed.contains(key) else { continue }
            let reading = try await repository.jobReading(entry, at: key)
            guard let fault = reading.issues.first(where: { $0.severity == .error }) else { continue }
            count += 1
            first = first ?? fault.description
        }
        return (count, first)
    }
}
