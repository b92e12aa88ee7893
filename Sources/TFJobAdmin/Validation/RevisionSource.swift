import Foundation
import Git
import Jobs

/// Job files of a commit.
struct RevisionSource: Sendable {
    let repository: Repository
    let revision: String
    /// Files and folders from the repository's root; empty for all.
    let paths: [String]

    /// A revision stands for no commit.
    struct Missing: Error, CustomStringConvertible {
        let revision: String

        var description: String { "\(revision) is no commit of this repository; fetch it, or write another --revision" }
    }

    func files() async throws -> [CheckedFile] {
        guard let commit = try await repository.resolve(revision) else { throw Missing(revision: revision) }
        let entries = try await repository.tree(at: commit, under: "clusters").filter { $0.path.hasSuffix(".json") }
        let asked = entries.filter { isAsked($0.path) }
        let files = try await repository.read(asked.map { ($0, ()) }, limit: JobFile.largest) { entry, _, content in
            CheckedFile(shown: entry.path, place: entry.path, content: content)
        }
        let paths = Set(entries.map(\.path))
        return files.checkingDependencies { paths.contains($0) }
    }

    private func isAsked(_ path: String) -> Bool {
        paths.isEmpty
            || paths.contains { asked in
                let asked = asked.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
                return asked.isEmpty || path == asked || path.hasPrefix(asked + "/")
            }
    }
}
