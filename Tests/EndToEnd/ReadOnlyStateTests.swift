import Foundation
import Glibc
import TestSupport
import Testing

/// A state folder that turns read-only while the service runs: told in `ping`, nothing stopped, no exit code lost, and it heals.
@Suite(.timeLimit(.minutes(hangLimit)))
struct ReadOnlyStateTests {
    private func ping(_ service: ServiceProcess) async throws -> JSON {
        try await service.request("/api/ping").json
    }

    private func isUnwritable(_ ping: JSON) -> Bool {
        ping.status.text == "degraded" && ping.state.writable == .bool(false) && ping.state.error.text == "unwritable"
    }

    @Test
    func `a state folder that turns read-only is told, stops nothing, loses no exit code, and heals`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await scene.serve()
        let gate = scene.folder.path("gate")
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try scene.repository.write(scene.job("wait", gate, "ends").text, to: scene.path("ends"))
        try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await service.job("ends", reaches: "running")
        try await scene.hasBegun("stays", on: service)
        try await scene.hasBegun("ends", on: service)
        let stays = try await firstValue("it noted its start") {
            try scene.starts().first { $0.args == "run stays" }
        }
        #expect(try await ping(service).state == .null)
        let commit = try await ReadOnlyFolder.whileReadOnly(state) {
            try Data().write(to: URL(fileURLWithPath: gate))
            try scene.repository.write(scene.job("run", "new").text, to: scene.path("new"))
            let commit = try await scene.repository.publish()
            try await eventually("ping says so") { isUnwritable(try await ping(service)) }
            try await eventually("the log says which file") {
                try String(contentsOfFile: service.log, encoding: .utf8)
                    .contains("\(state)/journal.sqlite can't be written")
            }
            #expect(stays.isAlive)
            #expect(try await service.request("/readyz").status == 503)
            for path in ["/livez", "/metrics", "/api/v1alpha1/clusters/default/partitions/team-a/tfjobs"] {
                #expect(try await service.request(path).status == 200)
            }
            #expect(try await service.job("stays")?.status.phase.text == "running")
            #expect(try scene.starts().count == 2)
            return commit
        }
        try await service.job("new", reaches: "running", run: 1)
        // After so many failures the next look may be half a minute away.
        let ended = try await service.job("ends", reaches: "succeeded", run: 1, within: .seconds(120))
        #expect(ended.status.replicas[0].exitCode.int == 0)
        try await eventually("all is well") { try await ping(service).status.text == "ok" }
        #expect(try await ping(service).state == .null)
        try await eventually("the commit is applied") {
            try await service.request("/api/v1alpha1/commits/\(commit)").json.state.text == "applied"
        }
        #expect(stays.isAlive)
        try await eventually("each has started once") { try scene.starts().count == 3 }
        try await scene.end(service)
    }

    /// The journal is open and can be written on; only new files can't be made.
    @Test
    func `a read-only mount over the state folder is told, stops nothing, and heals`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: PrivateDisk.command(at: state, megabytes: 64)
        )
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await scene.hasBegun("stays", on: service)
        let disk = PrivateDisk(of: service.pid, at: state)
        try await disk.cover()
        try scene.repository.write(scene.job("run", "new").text, to: scene.path("new"))
        try await scene.repository.publish()
        try await eventually("ping says so") { isUnwritable(try await ping(service)) }
        #expect(try await service.job("stays")?.status.phase.text == "running")
        try await disk.uncover()
        try await service.job("new", reaches: "running", run: 1)
        try await eventually("all is well") { try await ping(service).status.text == "ok" }
        try await eventually("both have started, once") { try scene.starts().count == 2 }
        try await scene.end(service)
    }

    @Test
    func `a file system that makes itself read-only is told and stops nothing but the writing`() async throws {
        let scene = try await Scene()
        let state = scene.folder.path("state")
        let service = try await ServiceProcess(
            repository: scene.repository.bare,
            in: scene.folder,
            wrapper: PrivateDisk.breakable(at: state, image: scene.folder.path("image"))
        )
        try scene.repository.write(scene.job("run", "stays").text, to: scene.path("stays"))
        try await scene.repository.publish()
        try await service.job("stays", reaches: "running")
        try await scene.hasBegun("stays", on: service)
        let stays = try await firstValue("it noted its start") { try scene.starts().first }
        try await PrivateDisk.breakDown(of: service.pid, at: state)
        try scene.repository.write(scene.job("run", "new").text, to: scene.path("new"))
        try await scene.repository.publish()
        try await eventually("ping says so") { isUnwritable(try await ping(service)) }
        #expect(stays.isAlive)
        #expect(try await service.job("stays")?.status.phase.text == "running")
        let begin = ContinuousClock.now
        #expect(try await service.stop() == 0)
        #expect(ContinuousClock.now - begin < promised(.seconds(8)))
        // The job outlives the service, as ever; with its disk gone nothing else would end it.
        #expect(stays.isAlive)
        for process in try scene.leftovers() {
            kill(try #require(Int32(process)), SIGKILL)
        }
        try await eventually("nothing of the scene runs") { try scene.leftovers().isEmpty }
    }
}
