import Foundation
import TestSupport
import Testing

/// A second service on a repository or on a copy of the state.
@Suite(.timeLimit(.minutes(hangLimit)))
struct SecondServiceTests {
    /// Starts a second service that is expected to end at once.
    private func serveSecond(_ scene: Scene, _ repository: String, state: String, _ extra: [String] = []) async throws
        -> Tool.Result
    {
        let arguments = ["serve", "--repository", repository, "--state", state, "--listen", "127.0.0.1:0"]
        return try await Tool.run(arguments + extra, in: scene.folder.url.path)
    }

    private func write(_ text: String, _ name: String, in scene: Scene) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: scene.folder.path(name)))
        return scene.folder.path(name)
    }

    @Test
    func `a second service on the same branch of this machine is refused, unless both share it`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        let link = scene.folder.path("link.git")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: scene.repository.bare)
        for repository in [scene.repository.bare, "file://\(scene.repository.bare)", link] {
            let second = try await serveSecond(scene, repository, state: scene.folder.path("second"))
            #expect(second.code == 1)
            #expect(
                second.text.contains("another service, process \(service.pid), serves the branch main"),
                "\(second)"
            )
            #expect(second.text.contains("write repository: {shared: true} for both"), "\(second)")
        }
        for extra in [
            ["--branch", "other"], ["--config", try write("repository: {shared: true}\n", "shared.yaml", in: scene)],
        ] {
            let folder = try TemporaryFolder()
            let second = try await ServiceProcess(repository: scene.repository.bare, in: folder, extra: extra)
            try await second.stop()
        }
        // A service that is gone, however it ended, has no claim.
        try await service.crash()
        let next = try await scene.serve()
        try await next.stop()
    }

    @Test
    func `a copy of a state folder whose runs go on starts none of them again`() async throws {
        let scene = try await Scene()
        let service = try await scene.serve()
        try scene.repository.write(scene.job("run").text, to: scene.path("one"))
        try await scene.repository.publish()
        try await service.job("one", reaches: "running")
        try await eventually("it has begun") { try scene.starts().count == 1 }
        try await service.stop()
        let (state, copy) = (scene.folder.path("state"), scene.folder.path("copy"))
        try await run(["cp", "-a", state, copy], in: "/")
        let second = try await serveSecond(scene, scene.repository.bare, state: copy)
        #expect(second.code == 1)
        let folder = "local/runs/default/team-a/one/1/"
        #expect(second.text.contains("\(copy)/\(folder)"), "\(second)")
        #expect(second.text.contains("is a copy: run 1 of default/team-a/one goes on in \(state)/\(folder)"))
        let next = try await scene.serve()
        try await next.job("one", reaches: "running")
        #expect(try scene.starts().count == 1)
        try scene.repository.remove(scene.path("one"))
        try await scene.repository.publish()
        try await eventually("it is stopped") { try await next.job("one") == nil }
        try await next.stop()
        // Its runs have ended: the copy is a state folder like any other.
        let other = try TemporaryFolder()
        let third = try await ServiceProcess(
            repository: scene.repository.bare,
            in: other,
            extra: ["--state", copy]
        )
        try await eventually("the job is gone") { try await third.job("one") == nil }
        try await third.stop()
        #expect(try scene.leftovers() == [])
    }
}
