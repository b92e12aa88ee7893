import Foundation
import Git
import Jobs
import Reconciler

/// Job files of a commit.
struct RevisionSource: Sendable {
    let repository: Repository
    let revision: String
    /// Files and folders from the repository's root; empty for all.
    let paths: [String]

    private static let ending = ".json".utf8

    /// A revision stands for no commit.
    struct Missing: Error, CustomStringConvertible {
        let revision: String

        var description: String { "\(revision) is no commit of this repository; fetch it, or write another --revision" }
    }

    func files() async throws -> [CheckedFile] {
        guard let commit = try await repository.resolve(revision) else { throw Missing(revision: revision) }
        let entries = try await repository.tree(at: commit, under: "clusters").filter { file in
            file.path.utf8.suffix(Self.ending.count).elementsEqual(Self.ending)
        }
        let asked = paths.isEmpty ? entries : entries.filter { isAsked($0.path) }
        let files = Gathering<CheckedFile>(count: asked.count)
        try await repository.read(asked, limit: JobFile.largest) { part in
            files.note(
                part.map { file in
                    let path = asked[file.index].path
                    return (file.index, CheckedFile(shown: path, place: path, content: file.content))
                }
            )
        }
        let checked = files.all
        guard checked.contains(where: { !$0.dependencies.isEmpty }) else { return checked }
        let paths = Set(entries.map(\.path))
        return checked.checkingDependencies { paths.contains($0) }
    }

    private func isAsked(_ path: String) -> Bool {
        paths.contains { asked in
            let asked = asked.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
            return asked.isEmpty || path == asked || path.hasPrefix(asked + "/")
        }
    }
}
