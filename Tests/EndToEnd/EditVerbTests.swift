import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct EditVerbTests {
    private let folder: TemporaryFolder
    private let repository: JobsRepository
    private let path = "clusters/default/partitions/team-a/mnist.json"

    init() async throws {
        folder = try TemporaryFolder()
        repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
        try repository.write(JobText().text, to: path)
        try await repository.publish("Base")
    }

    private var text: String {
        get throws { try String(contentsOfFile: "\(repository.clone)/\(path)", encoding: .utf8) }
    }

    @Test(arguments: [
        ("rerun", ",\n  \"rerun\": 1\n}\n", "Run mnist again"),
        ("suspend", ",\n  \"runPolicy\": {\"suspend\": true}\n}\n", "Suspend mnist"),
    ])
    func `a verb edits the file, shows the difference and the commands, and does no more`(
        verb: String,
        end: String,
        message: String
    ) async throws {
        let before = try text
        let head = try await repository.git("rev-parse", "HEAD")
        let result = try await Tool.run([verb, "default/team-a/mnist"], in: repository.clone)
        #expect(result.code == 0)
        #expect(try text == before.dropLast(3) + end)
        let difference = try await repository.git("diff", "--no-color", "--", path)
        let lines = difference.split(separator: "\n").filter { $0.hasPrefix("+") || $0.hasPrefix("-") }
        #expect(lines.count > 3)
        for line in lines {
            #expect(result.text.contains("\(line)\n"))
        }
        #expect(
            result.text.hasSuffix(
                "To carry it out:\n  git add \(path)\n  git commit -m \"\(message)\"\n  git push\n"
            )
        )
        #expect(try await repository.git("rev-parse", "HEAD") == head)
        #expect(try await repository.git("diff", "--cached", "--name-only").isEmpty)
        // The commands do what they say.
        try await repository.git("add", path)
        try await repository.git("commit", "--quiet", "-m", message)
        let plan = try await Tool.run(["plan", "--base", "origin/main"], in: repository.clone).text
        #expect(plan.contains(verb == "rerun" ? "mnist restarts: " : "mnist stops, and is kept"))
    }

    @Test
    func `a suspended job is resumed, and what is so already is left alone`() async throws {
        let idle = try await Tool.run(["resume", "default/team-a/mnist"], in: repository.clone)
        #expect(idle.code == 0)
        #expect(idle.text == "default/team-a/mnist is not suspended: nothing to do\n")
        #expect(try await Tool.run(["suspend", "default/team-a/mnist"], in: repository.clone).code == 0)
        let suspended = try text
        let again = try await Tool.run(["suspend", "default/team-a/mnist"], in: repository.clone)
        #expect(again.code == 0)
        #expect(again.text == "default/team-a/mnist is suspended already: nothing to do\n")
        #expect(try text == suspended)
        let resumed = try await Tool.run(["resume", "default/team-a/mnist"], in: repository.clone)
        #expect(resumed.text.contains("The file has other changes that are not committed; git add takes them too.\n"))
        #expect(resumed.text.contains("git commit -m \"Resume mnist\""))
        #expect(try text == suspended.replacing("true", with: "false"))
    }

    @Test(arguments: [
        ("default/team-a/mnits", 1, "did you mean default/team-a/mnist?"),
        ("default/team-b/mnist", 1, "did you mean default/team-a/mnist?"),
        ("defualt/team-a/mnist", 1, "did you mean default/team-a/mnist?"),
        ("default/team-a/other", 1, "the work tree has no file clusters/default/partitions/team-a/other.json\n"),
        ("mnist", 64, "write CID/PARTITION/ID"), ("default/team-a", 64, "write CID/PARTITION/ID"),
    ])
    func `an unknown job is explained`(job: String, code: Int32, hint: String) async throws {
        let result = try await Tool.run(["rerun", job], in: repository.clone)
        #expect(result.code == code)
        #expect(result.text.contains(hint))
    }

    @Test
    func `a broken file is left alone, and its error has its place`() async throws {
        try repository.write("{\n  \"runtime\": ,\n}\n", to: path)
        let result = try await Tool.run(["rerun", "default/team-a/mnist"], in: repository.clone)
        #expect(result.code == 1)
        #expect(result.text.contains("\(path):2:14: error: a comma where a value should be"))
        #expect(result.text.contains("\(path) is not changed: correct it first"))
        #expect(try text == "{\n  \"runtime\": ,\n}\n")
    }

    @Test
    func `a file keeps its mode, and another folder than the top is named in the commands`() async throws {
        let file = "\(repository.clone)/\(path)"
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        let result = try await Tool.run(["rerun", "default/team-a/mnist"], in: repository.clone + "/code")
        #expect(result.code == 0)
        #expect(result.text.contains("git -C \(repository.clone) add \(path)\n"))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
        let named = try await Tool.run(
            ["rerun", "default/team-a/mnist", "--repository", repository.clone],
            in: repository.bare
        )
        #expect(named.code == 0)
        let bare = try await Tool.run(
            ["rerun", "default/team-a/mnist", "--repository", repository.bare],
            in: repository.clone
        )
        #expect(bare.code == 1)
        #expect(bare.text.contains("there is no work tree at "))
    }

    @Test(arguments: ["stop", "cancel"])
    func `a verb of other tools names the verb to use`(verb: String) async throws {
        let result = try await Tool.run([verb, "default/team-a/mnist"], in: repository.clone)
        #expect(result.code == 64)
        #expect(result.text.contains("tfjob-admin suspend CID/PARTITION/ID"))
    }
}
