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
        var files: [CheckedFile] = []
        for entry in try await repository.tree(at: commit, under: "clusters")
        where entry.path.hasSuffix(".json") && isAsked(entry.path) {
            files.append(CheckedFile(shown: entry.path, place: entry.path, content: try await content(entry)))
        }
        return files
    }

    private func isAsked(_ path: String) -> Bool {
        paths.isEmpty
            || paths.contains { asked in
                let asked = asked.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
                return asked.isEmpty || path == asked || path.hasPrefix(asked + "/")
            }
    }

    private func content(_ entry: TreeEntry) async throws -> CheckedFile.Content {
        guard entry.kind.isRegular else { return .notRegular }
        guard try await repository.blobSize(entry.id) <= JobFile.largest else { return .tooLarge }
        return .bytes(try await repository.blob(entry.id, limit: JobFile.largest))
    }
}
