import Jobs
import TestSupport

/// What the backend should have after everything that was pushed is done, worked out from the pushed trees alone.
struct BackendModel {
    /// One run, in the test's own terms.
    struct Run {
        let number: Int
        let identity: JobVersion.Identity
        /// The push that it was last started or updated for.
        let push: Int
        let phase: Phase

        var isActive: Bool { !phase.isFinal && phase != .suspended }
    }

    let trees: [[String: JobVersion]]
    /// By id and then by number.
    let runs: [String: [Run]]

    /// - Parameters:
    ///   - cleaned: runs that finished and that the backend has cleaned up since.
    init(_ history: PushHistory, _ records: [RunID: FileBackend.Record]) {
        trees = history.trees
        var runs: [String: [Run]] = [:]
        for (id, record) in records {
            guard let job = record.definition(of: id.key), let push = job.description.flatMap({ Int($0) }) else {
                continue
            }
            let identity = JobVersion.Identity(args: job.args, rerun: job.rerun ?? 0)
            runs[id.key.id, default: []].append(
                Run(number: id.number, identity: identity, push: push, phase: record.phase)
            )
        }
        self.runs = runs.mapValues { $0.sorted { $0.number < $1.number } }
    }

    private var tree: [String: JobVersion] { trees[trees.count - 1] }

    /// What is not as it should be, a sentence each.
    func faults(knownBefore: [String: [Run]]?, since push: Int) -> [String] {
        var faults: [String] = []
        for id in Set(runs.keys).union(tree.keys).sorted() {
            let runs = runs[id] ?? []
            func fault(_ text: String) { faults.append("\(id): \(text); it has \(runs)") }
            if runs.count(where: \.isActive) > 1 { fault("more than one run") }
            for (one, next) in zip(runs, runs.dropFirst()) where one.identity == next.identity {
                // Only where the file was gone or another in between is there a reason for a new run.
                let hadReason = trees.indices.contains { index in
                    index > one.push && index <= next.push && trees[index][id]?.identity != one.identity
                }
                if !hadReason { fault("run \(next.number) had no reason") }
            }
            if let top = runs.last, top.number > trees.count { fault("run numbers leap") }
            guard let version = tree[id] else {
                if runs.contains(where: \.isActive) { fault("its file is gone and it runs") }
                continue
            }
            if isHeld(id) {
                // Broken since the last look at a moment of rest: whatever was in force there still is.
                let wasHeldThroughout = trees.indices.allSatisfy { $0 < push || isHeld(id, in: trees[$0]) }
                if let before = knownBefore, wasHeldThroughout,
                    !Self.isSame(before[id]?.last, runs.last)
                {
                    fault("it is held and not as it was: \(String(describing: before[id]?.last))")
                }
            } else if version.isSuspended {
                if runs.contains(where: \.isActive) { fault("it is suspended and runs") }
            } else if version.dependsOn.allSatisfy(hasSucceeded) {
                guard let top = runs.last, top.identity == version.identity else {
                    fault("it should run as \(version)")
                    continue
                }
                if !top.isActive, !top.phase.isFinal { fault("it should run") }
                let written = trees.indices.last { $0 == 0 || trees[$0][id] != trees[$0 - 1][id] }
                if top.push != written { fault("the backend has not the file of push \(written ?? 0)") }
            }
        }
        return faults
    }

    private static func isSame(_ one: Run?, _ other: Run?) -> Bool {
        // A run may finish meanwhile.
        one?.number == other?.number && (one?.phase == other?.phase || other?.phase.isFinal == true)
    }

    /// Whether nothing is done for a job as its file is, or as those are that it waits for.
    private func isHeld(_ id: String, in tree: [String: JobVersion]? = nil) -> Bool {
        let tree = tree ?? self.tree
        guard let version = tree[id] else { return false }
        return version.isBroken || version.dependsOn.contains { tree[$0] == nil }
    }

    private func hasSucceeded(_ id: String) -> Bool {
        guard let version = tree[id], let top = runs[id]?.last, !isHeld(id) else { return false }
        return top.phase == .succeeded && top.identity == version.identity
    }
}
