import Foundation
import Git
import Platform

extension Mirror {
    /// The reference for a fetched branch that is not checked yet.
    private static let fetched = "refs/tfjob-admin/fetched"
    /// The references of commits that the branch has left, named by the time.
    static let kept = "refs/tfjob-admin/kept/"

    /// Creates an empty repository as the replacement.
    func makeRepository() async throws(MirrorError) {
        try folder.removeReplacement()
        // Without templates, which may contain hooks.
        try await git(
            ["init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=\(branch)"],
            in: folder.replacement,
            for: .fetch
        )
        try folder.setOrigin(origin, of: folder.replacement)
    }

    /// Fetches into a repository and then moves its branch.
    func fetchBranch(into repository: String) async throws(MirrorError) -> Fetched {
        let access = try RemoteAccess(address, settings, repository: repository, home: folder.home)
        let old = try await head(in: repository)
        var arguments = ["fetch", "--quiet", "--no-progress", "--no-tags", "--no-recurse-submodules"]
        arguments += ["--no-auto-maintenance", "--no-write-fetch-head"]
        if old != nil {
            // Don't offer kept commits to the server.
            arguments.append("--negotiation-tip=refs/heads/\(branch)")
        }
        arguments += ["--", address.url, "+refs/heads/\(branch):\(Self.fetched)"]
        isClean = false
        let deadline = ContinuousClock.now + settings.fetchTimeout
        let ended = try await run(access.variables, arguments, for: .fetch)
        guard ended.code == 0 else {
            let failure = FetchFailure(
                ended.complaint,
                address: address,
                settings: settings,
                path: repository,
                scrubber: access.scrubber
            )
            guard failure.saysBranchAbsent else { throw failure.error }
            try await confirmAbsence(access, until: deadline)
            isClean = maintenance == nil
            if let old {
                try await moveBranch(from: old, to: nil, in: repository)
            }
            return .branchAbsent(was: old)
        }
        isClean = maintenance == nil
        guard let new = await resolve(Self.fetched, in: repository) else {
            throw .objectRefused(reason: "the branch \(branch) leads to something that is no commit")
        }
        guard new != old else { return .unchanged(new) }
        try await moveBranch(from: old, to: new, in: repository)
        return .moved(from: old, to: new)
    }

    /// Asks once more whether the branch is absent, and checks that a git server answers.
    ///
    /// For git, an http answer that is cut in its header is empty, and an empty answer is a repository without
    /// branches.
    private func confirmAbsence(
        _ access: RemoteAccess,
        until deadline: ContinuousClock.Instant
    ) async throws(MirrorError) {
        let variables = access.variables.merging(["GIT_TRACE_PACKET": "1"]) { $1 }
        let name = "refs/heads/\(branch)"
        let arguments = ["ls-remote", "--refs", "--", address.url, name]
        let ended = try await run(variables, arguments, for: .fetch, until: deadline)
        let hasSpoken = ended.complaint.split(separator: "\n").contains { $0.contains(#/packet: +[a-z-]+< /#) }
        guard ended.code == 0, ended.output.isEmpty, hasSpoken else {
            throw .connectionFailed(
                address: address.url,
                reason: "it says first that there is no branch \(branch), then something else"
            )
        }
    }

    /// Moves the branch in one transaction and keeps a reference to the commit that it leaves.
    private func moveBranch(from old: ObjectID?, to new: ObjectID?, in repository: String) async throws(MirrorError) {
        let name = "refs/heads/\(branch)"
        var commands: [String] = []
        if let old, await isLost(old, after: new, in: repository) {
            commands.append("update \(Self.kept)\(Int(Date().timeIntervalSince1970))-\(old) \(old)")
        }
        switch (old, new) {
        case (let old?, let new?): commands.append("update \(name) \(new) \(old)")
        case (nil, let new?): commands.append("create \(name) \(new)")
        case (let old?, nil): commands += ["delete \(name) \(old)", "delete \(Self.fetched)"]
        case (nil, nil): return
        }
        let input = commands.joined(separator: "\n") + "\n"
        try await git(["update-ref", "--stdin"], input: input, in: repository, for: .fetch)
    }

    /// Whether a commit exists and becomes unreachable from the branch.
    private func isLost(_ old: ObjectID, after new: ObjectID?, in repository: String) async -> Bool {
        guard let reader = try? Repository.open(path: repository), (try? await reader.commit(old)) != nil else {
            return false
        }
        guard let new else { return true }
        return (try? await reader.isAncestor(old, of: new)) != true
    }

    /// The branch's newest commit; nil without a branch.
    ///
    /// - Throws: ``MirrorError/mirrorDamaged(path:reason:)`` if it can't be read.
    func head(in repository: String) async throws(MirrorError) -> ObjectID? {
        do throws(GitError) {
            return try await Repository.open(path: repository).head(of: branch)
        } catch {
            if case .repositoryNotOwned = error { throw .folder(path: repository, reason: error.description) }
            throw .mirrorDamaged(path: repository, reason: error.description)
        }
    }

    private func resolve(_ name: String, in repository: String) async -> ObjectID? {
        guard let reader = try? Repository.open(path: repository) else { return nil }
        return try? await reader.resolve(name)
    }
}
