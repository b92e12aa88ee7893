import Foundation
import TestSupport
import Testing

@testable import KubernetesBackend

@Suite
struct CodeScriptTests {
    /// Runs the script as the init container does.
    ///
    /// - Returns: the files that it took out, with their content.
    private func fetched(_ pathspec: String, allowsSingleCommits: Bool = true) async throws -> [String: String] {
        let folder = try TemporaryFolder()
        let repository = try await JobsRepository(in: folder)
        for (path, text) in [
            ("code/mnist/train.py", "one"), ("code/other.py", "x"), ("train.py", "root"),
            ("clusters/c/partitions/p/a.json", "{}"), ("code/[x]/y.py", "y"),
        ] {
            try repository.write(text, to: path)
        }
        try await repository.commit()
        try repository.write("two", to: "code/mnist/train.py")
        let commit = try await repository.commit()
        try repository.write("three", to: "code/mnist/train.py")
        try await repository.publish()
        let allows = String(allowsSingleCommits)
        try await run(["git", "config", "uploadpack.allowAnySHA1InWant", allows], in: repository.bare)
        let work = folder.path("work")
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let variables = [
            "CODE_URL=file://\(repository.bare)", "CODE_COMMIT=\(commit)", "CODE_PATHSPEC=\(pathspec)",
            "HOME=\(folder.url.path)", "GIT_CONFIG_GLOBAL=/dev/null",
        ]
        try await run(["env"] + variables + ["sh", "-c", RunMapping.script], in: work)
        let files = try await run(["find", ".", "-type", "f"], in: work)
        return try files.split(separator: "\n").reduce(into: [:]) { contents, file in
            contents[String(file)] = try String(contentsOfFile: "\(work)/\(file)", encoding: .utf8)
        }
    }

    @Test(arguments: [true, false])
    func `a folder is taken out as it was at the commit`(allowsSingleCommits: Bool) async throws {
        let files = try await fetched(":(top,literal)code/mnist", allowsSingleCommits: allowsSingleCommits)
        #expect(files == ["./code/mnist/train.py": "two"])
    }

    @Test
    func `the whole tree comes without the job files`() async throws {
        let files = try await fetched("")
        #expect(
            files == [
                "./code/[x]/y.py": "y", "./code/mnist/train.py": "two", "./code/other.py": "x", "./train.py": "root",
            ]
        )
    }

    @Test
    func `a folder's name is no pattern`() async throws {
        #expect(try await fetched(":(top,literal)code/[x]") == ["./code/[x]/y.py": "y"])
    }
}
