import Git
import JobFile
import JobTree
import Jobs
import Journal
import Synchronization

extension JobsBranch {
    /// The readings of job files; nil for a path that is gone or belongs to no job.
    func contents(of files: [ChangedFile], at head: ObjectID, _ budget: ByteBudget) async throws
        -> [ReadJobFile?]
    {
        var present: [(entry: TreeEntry, key: JobKey)] = []
        present.reserveCapacity(files.count)
        let indices: [Int?] = files.map { file in
            guard let entry = file.entry, case .job(let key) = file.place else { return nil }
            present.append((entry, key))
            return present.count - 1
        }
        let users = Mutex<[JobCode: [Int]]>([:])
        var read = try await repository.jobReadings(present) { [present] index, reading in
            try budget.spend(reading.size)
            if let code = reading.code {
                users.withLock { $0[code, default: []].append(index) }
            }
            return try ReadJobFile(blob: present[index].entry.id.description, reading)
        }
        try await checkCode(users.withLock { $0 }, of: present, at: head, &read)
        return indices.map { $0.map { read[$0] } }
    }

    /// Adds the issues of the jobs' code to the readings of their files.
    ///
    /// - Parameter users: the indices of the files that use each code.
    private func checkCode(
        _ users: [JobCode: [Int]],
        of files: [(entry: TreeEntry, key: JobKey)],
        at head: ObjectID,
        _ read: inout [ReadJobFile]
    ) async throws {
        guard !users.isEmpty else { return }
        var check = try await CodeCheck(repository, at: head)
        for (code, indices) in users {
            let findings = try await check.findings(of: code)
            guard !findings.isEmpty else { continue }
            for index in indices {
                let (entry, key) = files[index]
                guard case .bytes(let bytes) = try await repository.content(of: entry, limit: JobFile.largest) else {
                    continue
                }
                let issues = findings.map { $0.issue(path: key.path, in: bytes) }
                let reading = JobReading(.bytes(bytes), at: key).adding(issues)
                read[index] = try ReadJobFile(blob: entry.id.description, reading)
            }
        }
    }

    /// The most folders of code that are compared.
    private static let comparedMost = 10_000

    /// The folders of the jobs' code that differ from an older commit, by their trees. Returns none if git can't read them: the history of
    /// jobs lacks the commit, and nothing else needs them.
    func changedCode(at head: ObjectID, since old: ObjectID?, journal: Journal) async throws -> [String] {
        guard let old, var before = try? await CodeCheck(repository, at: old),
            var after = try? await CodeCheck(repository, at: head),
            let (root, newRoot) = try? await (before.content(of: ""), after.content(of: "")), root != newRoot
        else { return [] }
        var changed: [String] = []
        for folder in try await journal.codeFolders(limit: Self.comparedMost) {
            let path = RelativePath.shortest(folder)
            guard let old = try? await before.content(of: path), let new = try? await after.content(of: path) else {
                continue
            }
            if old != new {
                changed.append(folder)
            }
        }
        return changed
    }

    /// The commits that added and last changed each file; nil for a file that is gone, or that no new commit changed.
    func attributions(
        of files: [ChangedFile],
        at head: ObjectID,
        since old: ObjectID?
    ) async throws -> [Attribution?] {
        let paths = files.compactMap { $0.entry == nil ? nil : $0.path }
        var found: ArraySlice<FileAttribution?>
        do throws(GitError) {
            found = try await history.attributions(of: paths, under: JobPath.root, at: head, since: old)[...]
        } catch {
            // An older commit has a tree that git can't read either. The files of the newest one are read all the same.
            guard case .objectCorrupt = error else { throw error }
            return files.map { _ in nil }
        }
        // Many files were changed by one commit.
        var names: [ObjectID: String] = [:]
        func name(_ commit: ObjectID) -> String {
            if let name = names[commit] { return name }
            let name = commit.description
            names[commit] = name
            return name
        }
        return files.indices.map { index in
            guard files[index].entry != nil, let attribution = found.popFirst() ?? nil else { return nil }
            return Attribution(
                uid: attribution.added?.mail ?? "",
                created: attribution.added?.time,
                updated: attribution.changed?.time,
                commit: attribution.changed.map { name($0.commit) } ?? "",
                author: attribution.changed?.mail ?? ""
            )
        }
    }
}
