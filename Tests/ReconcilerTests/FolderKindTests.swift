import Foundation
import Jobs
import Journal
import TestSupport
import Testing

/// Folders that become something else, and code that is not there.
@Suite
struct FolderKindTests {
    private let scene: ReconcilerScene

    init() async throws {
        scene = try await ReconcilerScene()
    }

    private func replace(_ path: String, by kind: String) async throws {
        try scene.repository.remove(path)
        let url = URL(fileURLWithPath: "\(scene.repository.clone)/\(path)")
        switch kind {
        case "link": try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: "elsewhere")
        case "file": try scene.repository.write("text", to: path)
        default:
            let head = try await scene.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
            try await scene.repository.git("rm", "-r", "--cached", "--quiet", path)
            try await scene.repository.git("update-index", "--add", "--cacheinfo", "160000,\(head),\(path)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
    }

    @Test(
        arguments: [
            "clusters", "clusters/default", "clusters/default/partitions", "clusters/default/partitions/team-a",
        ],
        ["link", "submodule", "file"]
    )
    func `the jobs of a folder that becomes something else stay, and go with it`(path: String, kind: String)
        async throws
    {
        try scene.write("one")
        try scene.write("two")
        try await scene.reconciling {
            try await scene.settled(at: try await scene.repository.publish())
            try await replace(path, by: kind)
            let changed = try await scene.repository.publish("Share the folder\n\nPrune: approve")
            try await scene.settled(at: changed)
            for id in ["one", "two"] {
                let record = try #require(try await scene.record(id))
                #expect(record.applied != nil && record.kept?.hasPrefix("\(path) has become a") == true)
            }
            let report = try #require(try await scene.journal.reader.commit(changed))
            #expect(report.state == .held)
            #expect(report.issues.contains { $0.path == path && $0.severity == .error })
            // Whatever else is approved: what hides the jobs is still there.
            try scene.repository.write("", to: "README.md")
            try await scene.settled(at: try await scene.repository.publish("More\n\nPrune: approve"))
            #expect(try await scene.record("one")?.applied != nil)
            if kind == "submodule" {
                try await scene.repository.git("rm", "--cached", "--quiet", path)
            }
            try scene.repository.remove(path)
            try await scene.settled(at: try await scene.repository.publish("Away with it\n\nPrune: approve"))
            #expect(try await scene.record("one")?.applied == nil)
        }
    }

    @Test
    func `a folder that comes back leaves its jobs as they were`() async throws {
        try scene.write("one")
        try await scene.reconciling {
            let first = try await scene.repository.publish()
            try await scene.settled(at: first)
            try await replace("clusters/default/partitions/team-a", by: "link")
            try await scene.settled(at: try await scene.repository.publish())
            try await scene.repository.git("checkout", "--quiet", first, "--", "clusters")
            try await scene.settled(at: try await scene.repository.publish())
            let record = try #require(try await scene.record("one"))
            #expect(record.run == 1 && record.kept == nil && record.issues.isEmpty)
        }
    }

    @Test
    func `a job whose code is missing is held, and starts with the push that brings it`() async throws {
        try scene.write("one") { $0.bootfile = "late.py" }
        try scene.write("two") { $0.workdir = "late" }
        try scene.write("three")
        try await scene.reconciling {
            let first = try await scene.repository.publish()
            try await scene.settled(at: first)
            let one = try #require(try await scene.record("one"))
            #expect(one.phase == .held && one.applied == nil)
            #expect(one.issues.map(\.pointer) == ["/bootfile"])
            #expect(try await scene.record("two")?.issues.map(\.pointer) == ["/workdir"])
            #expect(try await scene.record("three")?.applied != nil)
            try scene.repository.write("", to: "README.md")
            let other = try await scene.repository.publish()
            try await scene.settled(at: other)
            #expect(try await scene.journal.reader.commit(other)?.issues.isEmpty == true)
            try scene.repository.write("", to: "code/late.py")
            try scene.repository.write("", to: "late/job.py")
            try await scene.settled(at: try await scene.repository.publish())
            for id in ["one", "two"] {
                let record = try #require(try await scene.record(id))
                #expect(record.desired != nil)
            }
        }
    }

    @Test
    func `what a run keeps its code of is not touched by code that goes`() async throws {
        try scene.write("one")
        try await scene.reconciling {
            try await scene.settled(at: try await scene.repository.publish())
            try scene.repository.remove("code/job.py")
            try scene.repository.write("", to: "code/other.py")
            try await scene.settled(at: try await scene.repository.publish())
            let record = try #require(try await scene.record("one"))
            #expect(record.run == 1 && record.applied != nil && record.phase != .held)
        }
    }

    @Test
    func `a link outside, a file of another ending and a submodule are told, and nothing fails for them`() async throws
    {
        try scene.write("one")
        let link = "\(scene.repository.clone)/code/out"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/usr/share")
        try scene.repository.write("kind: TFJob", to: "clusters/default/partitions/team-a/two.yaml")
        try await scene.reconciling {
            let commit = try await scene.repository.publish()
            try await scene.settled(at: commit)
            let record = try #require(try await scene.record("one"))
            #expect(record.applied != nil && record.phase != .failed)
            let report = try #require(try await scene.journal.reader.commit(commit))
            #expect(report.state == .applied)
            #expect(report.issues.map(\.severity) == [.warning, .warning])
        }
    }
}
