import Foundation
import Glibc
import TestSupport
import Testing

/// A repository of another user, which git trusts where `safe.directory` says so.
@Suite(.timeLimit(.minutes(hangLimit)), .enabled(if: geteuid() == 0, "Only root can give a folder away."))
struct RepositoryOwnerTests {
    @Test
    func `safe.directory is understood as git understands it`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        let bare = scene.repository.bare
        try await run(["chown", "-R", "nobody", bare], in: "/")
        for (values, isTrusted) in [
            ([], false), ([bare], true), (["*"], true), (["/elsewhere", "*"], true), (["*", ""], false),
            (["", "*"], true), (["*", "", bare], true),
        ] {
            let home = try TemporaryFolder()
            let lines = ["[safe]"] + values.map { "\tdirectory = \($0)" }
            try Data((lines.joined(separator: "\n") + "\n").utf8)
                .write(to: URL(fileURLWithPath: home.path(".gitconfig")))
            let environment = ["HOME": home.url.path, "XDG_CONFIG_HOME": home.path("none"), "GIT_CONFIG_NOSYSTEM": "1"]
            let git = try await Tool.run(
                ["validate", "--revision", "main"],
                in: bare,
                environment: environment
            )
            #expect((git.code == 0) == isTrusted, "\(values): \(git)")
            if !isTrusted {
                #expect(git.text.contains("belongs to another user; allow it with: git config --global"), "\(git)")
            }
        }
    }
}
