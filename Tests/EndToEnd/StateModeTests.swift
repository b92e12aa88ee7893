import Foundation
import TestSupport
import Testing

/// Who may read and write what the service keeps.
@Suite(.timeLimit(.minutes(hangLimit)))
struct StateModeTests {
    private func find(_ folder: String, _ conditions: String...) async throws -> [String] {
        try await run(["find", folder] + conditions, in: "/").split(separator: "\n").map(String.init)
    }

    @Test(arguments: ["000", "022", "077"])
    func `whatever the umask, others can neither write the state nor read journal and control files`(_ umask: String)
        async throws
    {
        let scene = try await Scene()
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: ["sh", "-c", "umask \(umask); exec \"$@\"", "sh"]
        )
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await scene.hasBegun("stays", on: service)
        let state = scene.folder.path("state")
        #expect(try await find(state, "-perm", "/022", "!", "-type", "l") == [])
        let open = try await find(state, "-type", "f", "-perm", "/044")
        // Code and the module `tfjob` are for the users of runs to read.
        #expect(open.filter { !$0.contains("/code/") && !$0.contains("/local/tfjob/") } == [])
        for name in ["", "/local", "/local/runs", "/local/runs/default"] {
            #expect(try await find(state + name, "-maxdepth", "0", "-perm", "711") == [state + name])
        }
        #expect(try await find(state, "-name", "journal.sqlite*", "!", "-perm", "600") == [])
        try await scene.end(service)
    }

    @Test
    func `a state folder that others may write is refused, with the command that heals it`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: state)
        let log = scene.folder.path("log")
        let program = try await RunningProgram(
            [BuiltExecutable.path, "serve", "--repository", scene.repository.bare, "--state", state],
            log: log
        )
        #expect(try await program.wait() == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("chmod go-w \(state)"))
    }
}
