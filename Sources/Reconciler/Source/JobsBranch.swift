import Foundation
import Git
import Jobs
import Journal

/// The branch that is served: reads what a commit changed, as far as the journal does not have it yet.
struct JobsBranch: Sendable {
    let repository: Repository
    let name: String

    /// The largest job file, in bytes.
    static let sizeLimit = 1 << 20

    /// What there is to take in.
    struct News: Sendable {
        let commit: CommitRecord
        let changes: [JobFileChange]
        let strays: [String: [Issue]]
    }

    /// The newest commit; nil where the repository is empty or the branch absent.
    func head() async throws -> ObjectID? {
        try await repository.head(of: name)
    }

    /// Reads what differs between the journal's commit and the newest one.
    ///
    /// - Parameters:
    ///   - head: the newest commit.
    ///   - old: the commit that was taken in last; nil where there was none, or the journal is to be compared file by file.
    ///   - journal: where to look up the files that are known.
    /// - Throws: ``GitError`` where the tree can't be read whole: then nothing may be concluded from it.
    func news(at head: ObjectID, since old: ObjectID?, journal: Journal) async throws -> News {
        let files = try await changedFiles(at: head, since: old, journal: journal)
        var changes: [JobFileChange] = []
        var strays: [String: [Issue]] = [:]
        let present = files.compactMap { $0.entry == nil ? nil : $0.path }
        let attributions = try await repository.attribution(of: present, under: "clusters", at: head, since: old)
        for file in files {
            let attribution = attributions[file.path].map(Self.journalForm)
            switch JobPath(file.path) {
            case .ignored: continue
            case .stray(let fault):
                strays[file.path] = file.entry == nil ? [] : [Issue(path: file.path, severity: .error, message: fault)]
            case .job(let key):
                let content = try await content(of: file, key)
                if case .file(_, nil, let issues) = content, file.entry?.kind.isRegular == false, !file.isKnown {
                    strays[file.path] = issues
                } else {
                    changes.append(JobFileChange(key: key, content: content, attribution: attribution))
                }
            }
        }
        return News(commit: try await record(head), changes: changes, strays: strays)
    }

    private func record(_ id: ObjectID) async throws -> CommitRecord {
        let commit = try await repository.commit(id)
        return CommitRecord(sha: id.description, author: commit.author.mail, message: commit.message)
    }

    private func content(of file: ChangedFile, _ key: JobKey) async throws -> JobFileChange.Content {
        guard let entry = file.entry else { return .gone }
        func unusable(_ message: String) -> JobFileChange.Content {
            .file(
                blob: entry.id.description,
                job: nil,
                issues: [Issue(path: file.path, severity: .error, message: message)]
            )
        }
        guard entry.kind.isRegular else {
            return unusable(
                "a job file is a regular file, not a symbolic link or a submodule; write the job itself here"
            )
        }
        guard try await repository.blobSize(entry.id) <= Self.sizeLimit else {
            return unusable("a job file has at most 1 MiB; keep data beside clusters/, not in the job")
        }
        let reading = JobFile.read(try await repository.blob(entry.id, limit: Self.sizeLimit), at: key)
        return .file(blob: entry.id.description, job: reading.job, issues: reading.issues)
    }

    private static func journalForm(_ attribution: FileAttribution) -> Attribution {
        Attribution(
            uid: attribution.added?.mail ?? "",
            created: attribution.added?.time,
            updated: attribution.changed?.time,
            commit: attribution.changed?.commit.description ?? ""
        )
    }
}
