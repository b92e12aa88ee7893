import Foundation
import Git
import GitSupport
import TestSupport

/// A repository with a random history: branches, merges that take from either side or from none, deletions and additions anew,
/// contents that come again, commits of one second, and clocks that go wrong.
struct RandomHistory {
    let fixture: Fixture
    /// Every file there ever was.
    static let paths = [
        "a.json", "clusters/x.json", "clusters/p/a.json", "clusters/p/b.json", "clusters/q/r/a.json", "p/b",
    ]

    private struct Commit {
        let files: [String: String]
        let time: Int
    }

    /// - Parameters:
    ///   - seed: one history for one seed.
    ///   - commits: how many.
    init(seed: UInt64, commits: Int) async throws {
        fixture = try await Fixture("--bare")
        var generator = SeededGenerator(seed: seed)
        let script = Self.script(&generator, commits: commits)
        try Data(script.utf8).write(to: fixture.folder.url.appendingPathComponent("stream"))
        _ = try await fixture.shell("git fast-import --quiet --force < ../stream")
    }

    private static func script(_ generator: inout SeededGenerator, commits count: Int) -> String {
        var commits: [Commit] = []
        var lines: [String] = []
        for mark in 1...count {
            // The newest commits are the likeliest parents; a root now and then.
            let candidates = Array(max(1, mark - 4)..<max(1, mark)).shuffled(using: &generator)
            let wanted =
                mark == 1 ? 0 : [1, 1, 1, 1, 2, 2, 2, 3, mark % 7 == 0 ? 0 : 1].randomElement(using: &generator) ?? 1
            let parents = Array(candidates.prefix(wanted))
            var files = parents.first.map { commits[$0 - 1].files } ?? [:]
            for parent in parents.dropFirst() {
                for path in paths where Bool.random(using: &generator) {
                    files[path] = commits[parent - 1].files[path]
                }
            }
            let edits = parents.count > 1 ? [0, 0, 0, 1] : [0, 1, 1, 2, 3]
            for _ in 0..<(edits.randomElement(using: &generator) ?? 0) {
                let path = paths.randomElement(using: &generator) ?? ""
                let isGone = Int.random(in: 0..<4, using: &generator) == 0
                files[path] =
                    isGone
                    ? nil
                    : ["100644 1", "100644 2", "100644 3", "100755 1", "120000 1"]
                        .randomElement(using: &generator)
            }
            let newest = parents.map { commits[$0 - 1].time }.max() ?? 1_700_000_000
            let time = newest + ([0, 0, 1, 60, 3600, -100].randomElement(using: &generator) ?? 0)
            commits.append(Commit(files: files, time: time))
            lines += [
                "commit refs/heads/\(mark == count ? "main" : "b\(mark)")",
                "mark :\(mark)",
                "author A\(mark) <a\(mark % 5)@example.org> \(time - 7) +0200",
                "committer C <c@example.org> \(time) -0330",
                "data 2", "m",
            ]
            lines += parents.enumerated().map { "\($0.offset == 0 ? "from" : "merge") :\($0.element)" }
            lines.append("deleteall")
            for (path, content) in files.sorted(by: { $0.key < $1.key }) {
                let parts = content.split(separator: " ")
                lines += ["M \(parts[0]) inline \(path)", "data 1", "\(parts[1])"]
            }
        }
        return lines.joined(separator: "\n") + "\ndone\n"
    }
}

extension Repository {
    /// What history says of files, by path; one without a commit of its own is not there.
    func attribution(
        of paths: [String],
        under folder: String = "",
        at commit: ObjectID,
        since: ObjectID? = nil
    ) throws(GitError) -> [String: FileAttribution] {
        let all = try attributions(of: paths, under: folder, at: commit, since: since)
        return Dictionary(zip(paths, all).compactMap { path, found in found.map { (path, $0) } }) { first, _ in first }
    }
}
