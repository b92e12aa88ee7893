import Foundation
import Git
import GitSupport
import TestSupport
import Testing

@Suite struct OpeningTests {
    @Test func `the folders above are not searched`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "inner/file")
        try await fixture.commit()
        let inner = "\(fixture.path)/inner"
        let error = #expect(throws: GitError.repositoryNotFound(path: inner)) { try Repository.open(path: inner) }
        #expect(error?.description.contains("git init --bare \(inner)") == true)
        #expect(throws: GitError.repositoryNotFound(path: "/nowhere")) { try Repository.open(path: "/nowhere") }
    }

    @Test(.enabled(if: NSUserName() == "root", "Only root can give a folder away."))
    func `a repository of another user says which command allows it`() async throws {
        let fixture = try await Fixture("--bare")
        try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: fixture.path)
        let error = #expect(throws: GitError.repositoryNotOwned(path: fixture.path)) { try fixture.open() }
        #expect(error?.description.contains("git config --global --add safe.directory \(fixture.path)") == true)
    }

    @Test func `a SHA-256 repository says so and what to do`() async throws {
        let fixture = try await Fixture("--object-format=sha256")
        let error = #expect(throws: GitError.self) { try fixture.open() }
        guard case .formatNotSupported(fixture.path, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let message = error?.description ?? ""
        #expect(message.contains("git init --object-format=sha1"))
        #expect(message.lowercased().contains("objectformat"))
    }

    @Test(arguments: ["worktreeConfig", "relativeWorktrees", "preciousObjects", "partialClone", "noop"])
    func `an extension that changes nothing opens`(name: String) async throws {
        let fixture = try await Fixture()
        let id = try await fixture.commit()
        try await fixture.git("config", "core.repositoryFormatVersion", "1")
        try await fixture.git("config", "extensions.\(name)", name == "partialClone" ? "origin" : "true")
        #expect(try await fixture.open().head(of: "main") == id)
    }

    @Test(arguments: [
        ("refStorage", "reftable", "refs migrate --ref-format=files"),
        ("objectFormat", "sha256", "--object-format=sha1"),
        ("somethingNew", "true", "git clone --bare"),
    ])
    func `another extension says what to do`(name: String, value: String, advice: String) async throws {
        let fixture = try await Fixture()
        try await fixture.commit()
        try await fixture.git("config", "core.repositoryFormatVersion", "1")
        try await fixture.git("config", "extensions.\(name)", value)
        let error = #expect(throws: GitError.self) { try fixture.open() }
        #expect(error?.description.contains(advice) == true, "\(String(describing: error))")
    }

    @Test func `what a partial clone has left out is named with a command that fetches it`() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "clusters/a.json")
        try fixture.write("2", to: "clusters/b.json")
        let id = try await fixture.commit()
        try await fixture.git("config", "uploadpack.allowFilter", "true")
        for filter in ["blob:none", "tree:0"] {
            let clone = Fixture(folder: fixture.folder, path: fixture.folder.path("clone-\(filter.prefix(4))"))
            let options = ["--quiet", "--no-checkout", "--filter=\(filter)", "file://\(fixture.path)", clone.path]
            try await fixture.git(["clone"] + options)
            // One object by the first command of the message, and all by the second.
            let error = await #expect(throws: GitError.self) { try await Self.read(try clone.open(), id) }
            guard case .objectNotFetched(let missing, _, remote: "origin") = error, let text = error?.description else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(text.contains("git cat-file -e \(missing)"))
            try await clone.git("cat-file", "-e", "\(missing)")
            let next = await #expect(throws: GitError.self) { try await Self.read(try clone.open(), id) }
            #expect(next != error)
            #expect(text.contains("git fetch --refetch --no-filter origin"))
            try await clone.git("fetch", "--quiet", "--refetch", "--no-filter", "origin")
            try await Self.read(try clone.open(), id)
        }
    }

    private static func read(_ repository: Repository, _ id: ObjectID) async throws {
        for entry in try await repository.tree(at: id, under: "clusters") {
            _ = try await repository.content(of: entry, limit: 100)
        }
    }

    @Test func `a damaged configuration is no missing repository`() async throws {
        let fixture = try await Fixture("--bare")
        try fixture.write("[core\n", to: "config")
        let error = #expect(throws: GitError.self) { try fixture.open() }
        guard case .library = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `what is in quarantine is seen by a hook's repository alone`() async throws {
        let fixture = try await Fixture("--bare")
        let clone = Fixture(folder: fixture.folder, path: fixture.folder.path("clone"))
        try await fixture.git("clone", "--quiet", fixture.path, clone.path)
        let pushed = try await clone.commit()
        // The hook leaves a copy of the quarantine, since git removes that when the push has ended.
        let hook = """
            #!/bin/sh
            cp -r "$GIT_OBJECT_DIRECTORY" "\(fixture.folder.path("quarantine"))"
            exit 1
            """
        try fixture.write(hook, to: "hooks/pre-receive")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755],
            ofItemAtPath: "\(fixture.path)/hooks/pre-receive"
        )
        await #expect(throws: CommandFailed.self) { try await clone.git("push", "--quiet", "origin", "HEAD:main") }
        await #expect(throws: GitError.objectMissing(pushed, path: nil)) { try await fixture.open().commit(pushed) }
        // In a process of its own: variables belong to all threads.
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let answer = fixture.folder.path("answer")
        try await run(
            ["env", program, "--testing-library", "swift-testing", "--filter", "what a hook sees"],
            in: fixture.path,
            environment: [
                "GIT_DIR": fixture.path,
                "GIT_OBJECT_DIRECTORY": fixture.folder.path("quarantine"),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": "\(fixture.path)/objects",
                "TFJOB_ADMIN_TESTS_PUSHED": pushed.description,
                "TFJOB_ADMIN_TESTS_ANSWER": answer,
            ]
        )
        #expect(try String(contentsOfFile: answer, encoding: .utf8) == "Change\n")
    }

    /// The other half of the test above: writes down the message of the commit that is being pushed.
    @Test(.enabled(if: environment["TFJOB_ADMIN_TESTS_PUSHED"] != nil))
    func `what a hook sees`() async throws {
        let pushed = try #require(Self.environment["TFJOB_ADMIN_TESTS_PUSHED"].flatMap(ObjectID.init))
        let message = try await Repository.openFromEnvironment().commit(pushed).message
        let answer = try #require(Self.environment["TFJOB_ADMIN_TESTS_ANSWER"])
        try Data(message.utf8).write(to: URL(fileURLWithPath: answer))
    }

    private static let environment = ProcessInfo.processInfo.environment

    @Test func `two of one repository read at the same time`() async throws {
        let history = try await RandomHistory(seed: 7, commits: 40)
        let tip = try await history.fixture.id("main")
        let expected = try await history.fixture.open().attribution(of: RandomHistory.paths, at: tip)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let repository = try history.fixture.open()
                    for _ in 0..<20 {
                        #expect(try await repository.attribution(of: RandomHistory.paths, at: tip) == expected)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `the version is the library's`() {
        #expect(Repository.libraryVersion.split(separator: ".").count == 3)
    }
}
