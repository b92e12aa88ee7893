import Git
import JobFile
import JobTree
import Jobs

/// What `pre-receive` finds in a push to the served branch.
struct PushCheck {
    private let repository: Repository

    /// What a push changes, checked.
    struct Result {
        /// Of what the push changes.
        let issues: [Issue]
        /// How many other job files can't be used either; the first of them.
        let oldFaults: (count: Int, first: String?)

        var hasErrors: Bool { issues.contains { $0.severity == .error } }
    }

    /// How long is looked for faults that were there before, which are nobody's concern now.
    private static let patience = Duration.milliseconds(200)

    init(_ repository: Repository) {
        self.repository = repository
    }

    /// Checks what a push makes of the branch.
    func result(from old: ObjectID?, to new: ObjectID) async throws -> Result {
        let reading = try await TreeReading(repository, from: old, to: new)
        return Result(
            issues: reading.issues,
            // What was there before refuses no push, whatever is wrong with it.
            oldFaults: old == nil ? (0, nil) : (try? await oldFaults(at: new, besides: reading.changed)) ?? (0, nil)
        )
    }

    private func oldFaults(at commit: ObjectID, besides changed: Set<JobKey>) async throws -> (Int, String?) {
        var (count, first): (Int, String?) = (0, nil)
        let end = ContinuousClock.now + Self.patience
        for entry in try await repository.tree(at: commit, under: "clusters") {
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
