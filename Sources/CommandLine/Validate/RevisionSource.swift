import Foundation
import Git
import JobFile
import JobTree
import Jobs
import Synchronization

/// Reads and checks job files of a commit.
struct RevisionSource: Sendable {
    let repository: Repository
    let revision: String
    /// The selected files and folders, from the repository's root. Empty: all.
    let paths: [String]
    /// The clusters that files may name.
    let clusters: KnownClusters

    /// The results of reading, by the index of the file.
    private struct Findings {
        /// The files with issues or dependencies. The others are not kept.
        var notable: [Int: CheckedFile] = [:]
        /// The files by the code that their jobs run, because many jobs run the same code.
        var users: [JobCode: [Int]] = [:]
    }

    /// Reads and checks the files.
    func checkFiles() async throws -> CheckedFiles {
        guard let found = try await repository.revision(revision) else {
            throw await CommandError.missingRevision(revision, of: "--revision", in: repository)
        }
        if let ambiguity = found.ambiguity {
            StandardError.writeMessage("warning: --revision: \(ambiguity)")
        }
        let commit = found.commit
        let entries = try await repository.tree(at: commit, under: JobPath.root).filter { entry in
            entry.kind == .folder || entry.folderFault != nil || JobPath(entry.path) != .ignored
        }
        let selected = paths.isEmpty ? entries : entries.filter(isSelected)
        var findings = try await checkEntries(selected, clusters.counting(entries.map(\.path)))
        try await checkCode(&findings, of: selected, at: commit)
        var files = findings.notable.sorted { $0.key < $1.key }.map(\.value)
        if files.contains(where: { !$0.dependencies.isEmpty }) {
            let paths = Set(entries.map(\.path))
            files = files.checkingDependencies { paths.contains($0) }
        }
        return CheckedFiles(count: selected.count, notable: files)
    }

    private func checkEntries(_ entries: [TreeEntry], _ clusters: KnownClusters) async throws -> Findings {
        let findings = Mutex(Findings())
        try await repository.readFiles(entries, limit: JobFile.largest) { part in
            for (index, content) in part {
                let entry = entries[index]
                let special = entry.kind == .folder ? CheckedFile(tooDeep: entry.path) : nil
                let file =
                    special ?? entry.folderFault.map { CheckedFile(shown: entry.path, fault: $0) }
                    ?? CheckedFile(shown: entry.path, place: entry.path, content: content, clusters)
                findings.withLock { findings in
                    if file.isNotable {
                        findings.notable[index] = file
                    }
                    if let code = file.code {
                        findings.users[code, default: []].append(index)
                    }
                }
            }
        }
        return findings.withLock { $0 }
    }

    private func checkCode(_ findings: inout Findings, of entries: [TreeEntry], at commit: ObjectID) async throws {
        var check = try await CodeCheck(repository, at: commit)
        for (code, users) in findings.users {
            let found = try await check.findings(of: code)
            guard !found.isEmpty else { continue }
            for index in users {
                let entry = entries[index]
                guard case .bytes(let bytes) = try await repository.content(of: entry, limit: JobFile.largest) else {
                    continue
                }
                let file =
                    findings.notable[index] ?? CheckedFile(shown: entry.path, place: entry.path, content: .bytes(bytes))
                findings.notable[index] = file.adding(found, in: bytes)
            }
        }
    }

    private func isSelected(_ entry: TreeEntry) -> Bool {
        paths.contains { asked in
            let asked = asked.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
            return asked.isEmpty || entry.path == asked || entry.path.hasPrefix(asked + "/")
                || entry.folderFault?.hides(asked) == true
        }
    }
}
