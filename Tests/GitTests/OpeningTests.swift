import Foundation
import Git
import TestSupport
import Testing

@Suite struct OpeningTests {
    @Test func theFoldersAboveAreNotSearched() async throws {
        let fixture = try await Fixture()
        try fixture.write("1", to: "inner/file")
        try await fixture.commit()
        let inner = "\(fixture.path)/inner"
        let error = #expect(throws: GitError.repositoryNotFound(path: inner)) { try Repository.open(path: inner) }
        #expect(error?.description.contains("git init --bare \(inner)") == true)
        #expect(throws: GitError.repositoryNotFound(path: "/nowhere")) { try Repository.open(path: "/nowhere") }
    }

    @Test(.enabled(if: NSUserName() == "root", "Only root can give a folder away."))
    func aRepositoryOfAnotherUserSaysWhichCommandAllowsIt() async throws {
        let fixture = try await Fixture("--bare")
        try FileManager.default.setAttributes([.ownerAccountID: 65534], ofItemAtPath: fixture.path)
        let error = #expect(throws: GitError.repositoryNotOwned(path: fixture.path)) { try fixture.open() }
        #expect(error?.description.contains("git config --global --add safe.directory \(fixture.path)") == true)
    }

    @Test func aSHA256RepositorySaysSoAndWhatToDo() async throws {
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

    @Test func aDamagedConfigurationIsNoMissingRepository() async throws {
        let fixture = try await Fixture("--bare")
        try fixture.write("[core\n", to: "config")
        let error = #expect(throws: GitError.self) { try fixture.open() }
        guard case .library = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func whatIsInQuarantineIsSeenByAHooksRepositoryAlone() async throws {
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
            ["env", program, "--testing-library", "swift-testing", "--filter", "whatAHookSees"],
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
    func whatAHookSees() async throws {
        let pushed = try #require(Self.environment["TFJOB_ADMIN_TESTS_PUSHED"].flatMap(ObjectID.init))
        let message = try await Repository.openFromEnvironment().commit(pushed).message
        let answer = try #require(Self.environment["TFJOB_ADMIN_TESTS_ANSWER"])
        try Data(message.utf8).write(to: URL(fileURLWithPath: answer))
    }

    private static let environment = ProcessInfo.processInfo.environment

    @Test func twoOfOneRepositoryReadAtTheSameTime() async throws {
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

    @Test func theVersionIsTheLibrarys() {
        #expect(Repository.libraryVersion.split(separator: ".").count == 3)
    }
}
