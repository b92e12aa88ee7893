import Foundation
import Git
import Jobs
import Reconciler
import Synchronization

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

    /// Reads and checks them.
    func files() async throws -> CheckedFiles {
        guard let found = try await repository.revision(revision) else { throw Missing(revision: revision) }
        if let ambiguity = found.ambiguity {
            StandardError.say("warning: --revision: \(ambiguity)")
        }
        let entries = try await repository.tree(at: found.commit, under: "clusters").filter { file in
            file.kind == .folder || file.path.utf8.suffix(Self.ending.count).elementsEqual(Self.ending)
        }
        let asked = paths.isEmpty ? entries : entries.filter { isAsked($0.path) }
        // Of most files there is nothing to say: they are not kept.
        let notable = Mutex<[(index: Int, file: CheckedFile)]>([])
        try await repository.read(asked, limit: JobFile.largest) { part in
            for (index, content) in part {
                let path = asked[index].path
                let file =
                    asked[index].kind == .folder
                    ? CheckedFile(tooDeep: path) : CheckedFile(shown: path, place: path, content: content)
                if file.isNotable {
                    notable.withLock { $0.append((index, file)) }
                }
            }
        }
        var files = notable.withLock { $0 }.sorted { $0.index < $1.index }.map(\.file)
        if files.contains(where: { !$0.dependencies.isEmpty }) {
            let paths = Set(entries.map(\.path))
            files = files.checkingDependencies { paths.contains($0) }
        }
        return CheckedFiles(count: asked.count, notable: files)
    }

    private func isAsked(_ path: String) -> Bool {
        paths.contains { asked in
            let asked = asked.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
            return asked.isEmpty || path == asked || path.hasPrefix(asked + "/")
        }
    }
}
