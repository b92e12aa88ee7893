import Foundation
import TestSupport
import Testing
import Yams

@Suite(.timeLimit(.minutes(hangLimit)))
struct InitTests {
    private let folder: TemporaryFolder
    private let place: String

    init() throws {
        folder = try TemporaryFolder()
        place = folder.path("place")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOfFile: "\(place)/\(path)", encoding: .utf8)
    }

    @Test
    func `a new repository is valid, and its example job runs`() async throws {
        let made = try await Tool.run(["init", "jobs"], in: place)
        #expect(made.code == 0)
        let jobs = place + "/jobs"
        #expect(try await Tool.run(["validate"], in: jobs).text == "1 file: 0 errors, 0 warnings\n")
        let schema = try await Tool.run(["schema"], in: jobs)
        #expect(try read("jobs/.tfjob-admin/job.schema.json") == schema.text)
        #expect(
            try JSON(Data(read("jobs/.vscode/settings.json").utf8))[dynamicMember: "json.schemas"][0].url.text
                == "./.tfjob-admin/job.schema.json"
        )
        try await run(["git", "add", "--all"], in: jobs)
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        try await run(["git"] + identity + ["commit", "--quiet", "--message", "Begin"], in: jobs)
        let service = try await ServiceProcess(repository: jobs, in: folder)
        let finished = try await Tool.run(
            ["wait", "HEAD", "--for", "finished", "--server", service.url.absoluteString],
            in: jobs
        )
        #expect(finished.code == 0)
        #expect(finished.text.contains("default/examples/hello succeeded"))
        let logs = ["logs", "default/examples/hello", "--server", service.url.absoluteString]
        #expect(try await Tool.run(logs, in: jobs).text.contains("hello/events/1, which is this run's own"))
        try await service.stop()
    }

    @Test
    func `a bare repository has a first commit and both hooks, and a second init changes nothing`() async throws {
        let made = try await Tool.run(["init", "--bare", "jobs.git"], in: place)
        #expect(made.code == 0)
        for name in ["pre-receive", "post-receive"] {
            #expect(FileManager.default.isExecutableFile(atPath: "\(place)/jobs.git/hooks/\(name)"))
            try await run(["sh", "-n", "hooks/\(name)"], in: "\(place)/jobs.git")
        }
        #expect(try await run(["git", "config", "receive.fsckObjects"], in: "\(place)/jobs.git") == "true\n")
        let head = try await run(["git", "rev-parse", "main"], in: "\(place)/jobs.git")
        let again = try await Tool.run(["init", "--bare", "jobs.git"], in: place)
        #expect(again.code == 0)
        #expect(!again.text.contains("made"))
        #expect(try await run(["git", "rev-parse", "main"], in: "\(place)/jobs.git") == head)
        let validated = try await Tool.run(["validate", "--revision", "main", "--repository", "jobs.git"], in: place)
        #expect(validated.text == "1 file: 0 errors, 0 warnings\n")
    }

    @Test
    func `the path of the program is a word of the hooks, whatever is in it`() async throws {
        let name = "a $(touch caught) `touch caught` \"x' ; touch caught #\n\\"
        try FileManager.default.createDirectory(atPath: "\(place)/\(name)", withIntermediateDirectories: true)
        let program = "\(place)/\(name)/tfjob-admin"
        // A link would lead to the real place of the program.
        try FileManager.default.copyItem(atPath: BuiltExecutable.path, toPath: program)
        let log = folder.path("init.log")
        let people = JobsRepository.people.map { "\($0.key)=\($0.value)" }
        let command = ["env", "-C", place] + people + [program, "init", "--bare", "jobs.git"]
        #expect(try await RunningProgram(command, log: log).wait() == 0)
        let clone = "\(place)/clone"
        try await run(["git", "clone", "--quiet", "\(place)/jobs.git", clone], in: place)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(clone)/clusters/default/partitions/examples/bad.json"))
        try await run(["git", "add", "--all"], in: clone)
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        try await run(["git"] + identity + ["commit", "--quiet", "--message", "Break"], in: clone)
        let push = folder.path("push.log")
        #expect(try await RunningProgram(["git", "-C", clone, "push", "origin", "HEAD:main"], log: push).wait() == 1)
        #expect(try String(contentsOfFile: push, encoding: .utf8).contains("bad.json:1:2: error: "), "the program runs")
        let found = try await run(["find", place, "-name", "caught"], in: place)
        #expect(found.isEmpty)
    }

    @Test
    func `the first commit is by who git says, and without anybody nothing is made`() async throws {
        var nobody = ["env", "-C", place]
        for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"] {
            nobody += ["-u", name]
        }
        nobody += ["GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"]
        let log = folder.path("init.log")
        let refused = [BuiltExecutable.path, "init", "--bare", "jobs.git"]
        #expect(try await RunningProgram(nobody + refused, log: log).wait() == 1)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("git config --global user.email"))
        #expect(!FileManager.default.fileExists(atPath: "\(place)/jobs.git"))
        let names = ["GIT_AUTHOR", "GIT_COMMITTER"].flatMap { ["\($0)_NAME=Bob", "\($0)_EMAIL=bob@example.org"] }
        let made = folder.path("made.log")
        #expect(try await RunningProgram(nobody + names + refused, log: made).wait() == 0)
        let author = try await run(["git", "log", "--format=%an <%ae> %cn <%ce>", "main"], in: "\(place)/jobs.git")
        #expect(author == "Bob <bob@example.org> Bob <bob@example.org>\n")
    }

    @Test
    func `nothing that is there is overwritten`() async throws {
        let mine = ["README.md", ".gitlab-ci.yml", "clusters/default/partitions/examples/hello.json"]
        for path in mine {
            let url = URL(fileURLWithPath: "\(place)/jobs/\(path)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data("mine".utf8).write(to: url)
        }
        try await run(["git", "init", "--quiet", "jobs"], in: place)
        let made = try await Tool.run(["init", "jobs"], in: place)
        #expect(made.code == 0)
        for path in mine {
            #expect(try read("jobs/\(path)") == "mine")
            #expect(made.text.contains("kept  \(path), as it was there"))
        }
        #expect(made.text.contains("made  code/hello/hello.py"))
        try Data("file".utf8).write(to: URL(fileURLWithPath: "\(place)/file"))
        let refused = try await Tool.run(["init", "file"], in: place)
        #expect(refused.code == 1)
        #expect(try read("file") == "file")
    }

    /// What a forge would run, with its own variables, but for what installs the program and what posts the comment.
    @Test
    func `the CI examples validate and plan`() async throws {
        #expect(try await Tool.run(["init", "jobs"], in: place).code == 0)
        let jobs = place + "/jobs"
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
        try await run(["git", "add", "--all"], in: jobs)
        try await run(["git"] + identity + ["commit", "--quiet", "--message", "Begin"], in: jobs)
        try await run(["git", "branch", "base"], in: jobs)
        try await run(["sed", "-i", "s/Hello\"/Hi\"/", "clusters/default/partitions/examples/hello.json"], in: jobs)
        try await run(["git"] + identity + ["commit", "--quiet", "--all", "--message", "Change"], in: jobs)

        let bin = place + "/bin"
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(bin)/tfjob-admin",
            withDestinationPath: BuiltExecutable.path
        )
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let base = try await run(["git", "rev-parse", "base"], in: jobs).trimmingCharacters(in: .newlines)
        let variables = [
            "PATH": "\(bin):\(path)", "BASE": "base", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
            "GITHUB_STEP_SUMMARY": "\(place)/summary.md",
        ]
        let github = try GitHubWorkflow(read("jobs/.github/workflows/jobs.yml"))
        let gitlab = try GitLabPipeline(read("jobs/.gitlab-ci.yml"))
        for scripts in [[try github.step("Validate"), try github.step("Plan")], [gitlab.script]] {
            try? FileManager.default.removeItem(atPath: "\(jobs)/plan.md")
            for script in scripts {
                try await run(["bash", "-e", "-o", "pipefail", "-c", script], in: jobs, environment: variables)
            }
            #expect(try read("jobs/plan.md").hasPrefix("### Merging this: 1 to restart\n"))
        }
        #expect(try read("summary.md").contains("`default/examples/hello`"))
        for script in [try github.step("Install tfjob-admin"), try github.step("Comment"), gitlab.afterScript] {
            try await run(["bash", "-n", "-c", script], in: jobs)
        }
    }
}

/// The scripts of a GitHub workflow.
private struct GitHubWorkflow: Decodable {
    struct Job: Decodable {
        let steps: [Step]
    }

    struct Step: Decodable {
        let name: String?
        let run: String?
    }

    let jobs: [String: Job]

    init(_ text: String) throws {
        self = try YAMLDecoder().decode(Self.self, from: text)
    }

    func step(_ name: String) throws -> String {
        try #require(jobs["review"]?.steps.first { $0.name == name }?.run)
    }
}

/// The scripts of a GitLab pipeline with one job.
private struct GitLabPipeline: Decodable {
    struct Job: Decodable {
        let script: [String]
        let after_script: [String]
    }

    private let jobs: [String: Job]

    init(_ text: String) throws {
        jobs = try YAMLDecoder().decode([String: Job].self, from: text)
    }

    var script: String { jobs["review-jobs"]?.script.joined(separator: "\n") ?? "exit 1" }
    var afterScript: String { jobs["review-jobs"]?.after_script.joined(separator: "\n") ?? "exit 1" }
}
