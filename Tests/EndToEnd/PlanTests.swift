import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(hangLimit)))
struct PlanTests {
    private let folder: TemporaryFolder
    private let repository: JobsRepository

    init() async throws {
        folder = try TemporaryFolder()
        repository = try await JobsRepository(in: folder)
        try repository.write("", to: "code/job.py")
    }

    private func path(_ id: String, _ partition: String = "team-a") -> String {
        "clusters/default/partitions/\(partition)/\(id).json"
    }

    private func write(_ id: String, _ partition: String = "team-a", _ change: (inout JobText) -> Void = { _ in })
        throws
    {
        try repository.write(JobText().with(change).text, to: path(id, partition))
    }

    /// A base with five jobs on `main`, and a branch with one change of each kind.
    private func makeBranch() async throws {
        for id in ["renamed", "restarted", "suspended", "deleted", "same"] {
            try write(id) { $0.more = [#""environment": {"API_TOKEN": "hunter2"}"#] }
        }
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        let secret = #""environment": {"API_TOKEN": "hunter2"}"#
        try write("renamed") {
            $0.description = "Another"; $0.more = [secret]
        }
        try write("restarted") {
            $0.more = [#""environment": {"API_TOKEN": "hunter3"}"#]
            $0.replicas = [("worker", 3)]
        }
        try write("suspended") { $0.more = [secret, #""runPolicy": {"suspend": true}"#] }
        try repository.remove(path("deleted"))
        try write("new", "team-b")
        try await repository.commit("Change")
    }

    @Test
    func `each job's change is told field by field, with the sums before and after`() async throws {
        try await makeBranch()
        let (code, plan) = try await Tool.json(["plan", "--base", "main", "--format", "json"], in: repository.clone)
        #expect(code == 0)
        let ids = plan.actions.elements.map { "\($0.partition.text ?? "")/\($0.id.text ?? "") \($0.action.text ?? "")" }
        #expect(
            ids == [
                "team-a/deleted delete", "team-a/renamed update", "team-a/restarted replace",
                "team-a/suspended suspend",
                "team-b/new create",
            ]
        )
        #expect(plan.keys == ["actions", "base", "head", "issues", "resources"])
        #expect(plan.actions[1].keys == ["action", "changes", "cluster", "id", "partition"])
        #expect(plan.actions[1].changes.elements.map(\.pointer.text) == ["/description"])
        #expect(plan.actions[1].changes[0].before.text == "A test")
        #expect(plan.actions[1].changes[0].after.text == "Another")
        #expect(
            plan.actions[2].changes.elements.map(\.pointer.text) == ["/environment/API_TOKEN", "/replicas/0/count"]
        )
        #expect(plan.actions[2].changes[0].before.text == "***")
        #expect(plan.actions[2].changes[1].after.text == "3")
        #expect(plan.resources.elements.map(\.partition.text) == ["team-a", "team-b"])
        #expect(plan.resources[0].before.cpu.text == "0.500")
        #expect(plan.resources[0].after.cpu.text == "0.500")
        #expect(plan.resources[0].after.memory.text == "320Mi")
        #expect(plan.resources[1].before.cpu.text == "0.000")
        #expect(plan.resources[1].after.gpu.text == "0")
        let head = try await repository.git("rev-parse", "HEAD").trimmingCharacters(in: .newlines)
        #expect(plan.head.text == head)
    }

    @Test(arguments: ["text", "markdown", "github"])
    func `every form for people says what restarts, and no secret`(format: String) async throws {
        try await makeBranch()
        let result = try await Tool.run(["plan", "--base", "main", "--format", format], in: repository.clone)
        #expect(result.code == 0)
        for id in ["renamed", "restarted", "suspended", "deleted", "new"] {
            #expect(result.text.contains(id))
        }
        #expect(result.text.contains("restart"))
        #expect(!result.text.contains("same"))
        #expect(!result.text.contains("hunter"))
        switch format {
        case "text":
            let summary =
                "Plan: 1 to start, 1 to restart, 1 to stop, 1 to suspend, 1 to change in place.\n"
            #expect(result.text.hasSuffix(summary))
            #expect(result.text.contains("\nResources of the declared jobs, before → after:\n"))
        case "markdown":
            #expect(result.text.hasPrefix("### Merging this: 1 to start, 1 to restart, 1 to stop, "))
            #expect(result.text.contains("| default | team-a | `restarted` | replace | restarts"))
            #expect(
                result.text.contains(
                    "\nResources of the declared jobs:\n\n| cluster | partition | CPU | memory | GPU |\n"
                )
            )
            #expect(result.text.contains("| `/replicas/0/count` | `\"1\"` | `\"3\"` |"))
            #expect(result.text.contains("> ⚠️ **One job restarts"))
        default:
            #expect(result.text.contains("::warning file=clusters/default/partitions/team-a/restarted.json,"))
            #expect(result.text.contains("::notice file=clusters/default/partitions/team-b/new.json,"))
        }
    }

    @Test
    func `of suspended jobs nothing is said to start, restart or stop`() async throws {
        let suspended = #""runPolicy": {"suspend": true}"#
        for id in ["kept", "gone", "woken"] {
            try write(id) { $0.more = [suspended] }
        }
        try write("paused")
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        try write("kept") { ($0.more, $0.args) = ([suspended], ["other"]) }
        try write("woken") { $0.args = ["other"] }
        try write("paused") { ($0.more, $0.args) = ([suspended], ["other"]) }
        try write("added") { $0.more = [suspended] }
        try repository.remove(path("gone"))
        try await repository.commit("Change")
        let text = try await Tool.run(["plan", "--base", "main"], in: repository.clone).text
        #expect(text.contains("team-a/kept changes, and stays suspended: nothing starts\n"))
        #expect(text.contains("team-a/gone is removed; it was suspended, and nothing stops\n"))
        #expect(text.contains("team-a/added is added, suspended: nothing starts\n"))
        #expect(text.contains("team-a/woken starts: CPU 0.100, memory 64Mi, GPU 0\n"))
        #expect(text.contains("team-a/paused stops, and is kept\n"))
        #expect(
            text.hasSuffix(
                "Plan: 1 to start, 1 to suspend, 1 to add suspended, 1 to change suspended, 1 to remove suspended.\n"
            )
        )
        let markdown = try await Tool.run(["plan", "--base", "main", "--format", "markdown"], in: repository.clone).text
        #expect(!markdown.contains("⚠️"))
    }

    @Test
    func `the exit code tells errors, and with a flag changes`() async throws {
        try await makeBranch()
        let clone = repository.clone
        let plan = ["plan", "--base", "main"]
        #expect(try await Tool.run(plan, in: clone).code == 0)
        #expect(try await Tool.run(plan + ["--detailed-exitcode"], in: clone).code == 2)
        let nothing = try await Tool.run(plan + ["--head", "main", "--detailed-exitcode"], in: clone)
        #expect(nothing.code == 0)
        #expect(nothing.text == "Plan: nothing to do.\nmain is main: nothing to compare\n")
        try repository.write("{", to: path("broken"))
        try await repository.commit("Break")
        let broken = try await Tool.run(plan + ["--detailed-exitcode"], in: clone)
        #expect(broken.code == 1)
        #expect(broken.text.contains("team-a/broken.json:1:2: error:"))
        #expect(try await Tool.run(["plan", "--base", "nowhere"], in: clone).code == 1)
    }

    @Test
    func `jobs that wait for an unknown one or in a circle are errors at their line`() async throws {
        try write("one")
        try write("two") { $0.more = [#""dependsOn": ["one"]"#] }
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        try write("one") { $0.more = [#""dependsOn": ["two"]"#] }
        try write("three") { $0.more = [#""dependsOn": ["four"]"#] }
        try await repository.commit("Change")
        let (code, plan) = try await Tool.json(["plan", "--base", "main", "--format", "json"], in: repository.clone)
        #expect(code == 1)
        #expect(plan.issues.elements.map(\.path.text) == [path("one"), path("three"), path("two")])
        #expect(plan.issues.elements.map(\.pointer.text) == ["/dependsOn/0", "/dependsOn/0", "/dependsOn/0"])
        #expect(plan.issues.elements.map(\.line.int) == [8, 8, 8])
        #expect(plan.actions.elements.map(\.action.text) == ["hold", "hold", "hold"])
    }

    @Test
    func `deletes that the service would hold are held`() async throws {
        for number in 0..<12 {
            try write("job-\(number)")
        }
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        for number in 0..<11 {
            try repository.remove(path("job-\(number)"))
        }
        try await repository.commit("Remove")
        let held = try await Tool.json(["plan", "--base", "main", "--format", "json"], in: repository.clone)
        #expect(held.code == 0)
        #expect(Set(held.document.actions.elements.map(\.action.text)) == ["hold"])
        #expect(held.document.issues[0].severity.text == "warning")
        try await repository.commit("Remove them, really\n\nPrune: approve")
        let approved = try await Tool.json(["plan", "--base", "main", "--format", "json"], in: repository.clone)
        #expect(Set(approved.document.actions.elements.map(\.action.text)) == ["delete"])
    }

    @Test
    func `a shallow clone is enough where it has both ends, and is told what to fetch where not`() async throws {
        try await makeBranch()
        try await repository.git("push", "--quiet", "origin", "change")
        let remote = "file://\(repository.bare)"
        try await run(
            ["git", "clone", "--quiet", "--depth=1", "--branch=change", remote, "shallow"],
            in: folder.url.path
        )
        let shallow = folder.path("shallow")
        let missing = try await Tool.run(["plan"], in: shallow)
        #expect(missing.code == 0)
        #expect(missing.text.contains("nothing to do"))
        let absent = try await Tool.run(["plan", "--base", "origin/main"], in: shallow)
        #expect(absent.code == 1)
        let advice = try #require(absent.text.firstMatch(of: /\((git fetch [^)]*)\)/)).1
        // Git accepts the command, and then the revision is known.
        try await run(["sh", "-c", "\(advice) --quiet --depth=1"], in: shallow)
        let compared = try await Tool.run(["plan", "--base", "origin/main"], in: shallow)
        #expect(compared.code == 0)
        #expect(compared.text.contains("this clone is shallow"))
        #expect(compared.text.contains("1 to start, 1 to restart, 1 to stop"))
    }

    @Test
    func `what the base has got since is left out`() async throws {
        try await makeBranch()
        try await repository.git("checkout", "--quiet", "main")
        try write("later")
        try await repository.commit("Later")
        let plan = try await Tool.run(["plan", "--base", "main", "--head", "change"], in: repository.clone)
        #expect(!plan.text.contains("later"))
        #expect(plan.text.contains("1 to start, 1 to restart"))
    }

    @Test
    func `two thousand jobs fit into a comment`() async throws {
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        for number in 0..<2000 {
            try write("job-\(number)")
        }
        try await repository.commit("Add")
        let plan = try await Tool.run(["plan", "--base", "main", "--format", "markdown"], in: repository.clone)
        #expect(plan.text.count < 65_536)
        #expect(plan.text.contains("2000 to start"))
        #expect(plan.text.contains("and 1800 more jobs"))
    }

    @Test
    func `a comment is never too long for a forge, whatever it is made of`() async throws {
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        let names = (10..<50).map { "data-preparation-of-the-large-images-set-\($0)" }
        let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
        for name in names {
            try write(name) { $0.args = [String(repeating: "𝔘", count: 4000)] }
            try write("train-\(name.suffix(2))") { $0.more = [#""dependsOn": [\#(list)]"#] }
            try repository.write("{", to: path("broken-\(name.suffix(2))", "\(name)-\(name.suffix(2))"))
        }
        try await repository.commit("Add")
        let plan = try await Tool.run(["plan", "--base", "main", "--format", "markdown"], in: repository.clone)
        #expect(plan.text.utf16.count <= 65_536)
        #expect(plan.text.contains(/and the fields of \d+ more jobs/))
        #expect(plan.text.contains(/… and \d+ more characters/))
        #expect(plan.text.hasSuffix("</sub>\n"))
    }

    @Test
    func `uncommitted job files are told of, and planned with --worktree`() async throws {
        try write("one")
        try await repository.publish("Base")
        let clone = repository.clone
        let nothing =
            "Plan: nothing to do.\nHEAD is main: nothing to compare; plan --worktree shows uncommitted changes\n"
        #expect(try await Tool.run(["plan"], in: clone).text == nothing)
        try write("one") { $0.args = ["x"] }
        try write("two") { $0.bootfile = "new.py" }
        try repository.write("", to: "code/new.py")
        try repository.write("", to: "notes.txt")
        let index = try await repository.git("ls-files", "--stage")
        let told = try await Tool.run(["plan"], in: clone)
        #expect(told.code == 0)
        #expect(
            told.text.contains("note: not committed, so not in this plan: \(path("one")), \(path("two")); plan them")
        )
        #expect(told.text.contains("nothing to do"))
        let (code, plan) = try await Tool.json(["plan", "--worktree", "--format", "json"], in: clone)
        #expect(code == 0)
        #expect(plan.head.text == "worktree")
        #expect(
            plan.actions.elements.map { "\($0.id.text ?? "") \($0.action.text ?? "")" } == [
                "one replace", "two create",
            ]
        )
        #expect(plan.issues.elements.isEmpty)
        #expect(try await repository.git("ls-files", "--stage") == index, "the index stays as it is")
        #expect(try await Tool.run(["plan", "--worktree", "--head", "HEAD"], in: clone).code == 64)
        let bare = try await Tool.run(
            ["plan", "--worktree", "--repository", repository.bare, "--base", "main"],
            in: clone
        )
        #expect(bare.code == 1)
    }

    @Test
    func `outside a repository the plan fails, which is no wrong usage`() async throws {
        try FileManager.default.createDirectory(atPath: folder.path("in"), withIntermediateDirectories: true)
        let plan = try await Tool.run(["plan"], in: folder.path("in"))
        #expect(plan.code == 1)
        #expect(plan.text.contains("there is no git repository"))
    }

    @Test(arguments: [
        ("feature/x", "git fetch origin feature/x:feature/x"),
        ("origin/feature", "git fetch origin feature:refs/remotes/origin/feature"),
        ("refs/heads/it's", "git fetch origin 'it'\\''s:it'\\''s'"),
        ("refs/tags/v1", "git fetch origin refs/tags/v1:refs/tags/v1"),
        ("feature~3", "git fetch origin feature:feature"), ("HEAD~99", nil), ("-x", nil), ("a b", nil),
        ("0123abc", nil),
        (String(repeating: "a", count: 40), "git fetch origin \(String(repeating: "a", count: 40))"),
    ])
    func `the advice to fetch is a command that git accepts`(revision: String, command: String?) async throws {
        try await repository.publish("Base")
        let plan = try await Tool.run(["plan", "--base=\(revision)"], in: repository.clone)
        #expect(plan.code == 1)
        if let command {
            #expect(plan.text.contains("(\(command))"))
        } else {
            #expect(!plan.text.contains("git fetch"))
        }
    }

    @Test(arguments: ["text", "markdown", "json", "github"])
    func `a job whose code changes alone is named, with the rerun that takes the new code`(format: String) async throws
    {
        try write("bug")
        try write("again") { $0.more = [#""rerun": 4"#] }
        try write("other") { $0.workdir = "other" }
        try write("whole") {
            $0.workdir = nil
            $0.bootfile = "code/job.py"
        }
        try repository.write("", to: "other/job.py")
        let commit = try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        try repository.write("print(2)", to: "code/job.py")
        try await repository.commit("Mend")
        let plan = try await Tool.run(["plan", "--base", "main", "--format", format], in: repository.clone)
        #expect(plan.code == 0)
        let text = plan.text.replacing("\\\"", with: "\"")
        for sentence in [
            "code changed; bug keeps the code of \(commit.prefix(7)); set \"rerun\": 1 to run it again",
            "code changed; again keeps the code of \(commit.prefix(7)); set \"rerun\": 5 to run it again",
            "the repository's root changed; whole keeps the code of \(commit.prefix(7)); set \"rerun\": 1 to run it again",
        ] {
            #expect(text.contains(sentence))
        }
        #expect(!text.contains("other keeps"))
    }

    @Test(arguments: ["text", "markdown", "json"])
    func `on the base itself the plan says that there is nothing to compare`(format: String) async throws {
        try write("one")
        try await repository.publish("Base")
        let clone = repository.clone
        let sentence = "HEAD is main: nothing to compare; plan --worktree shows uncommitted changes"
        #expect(try await Tool.run(["plan", "--format", format], in: clone).text.contains(sentence))
        try await repository.git("push", "--quiet", "origin", "HEAD:refs/heads/team/trunk")
        try await repository.git("fetch", "--quiet", "origin")
        try await repository.git("branch", "--quiet", "--set-upstream-to=origin/team/trunk")
        let trunk = try await Tool.run(["plan", "--format", format], in: clone).text
        #expect(trunk.contains("HEAD is team/trunk: nothing to compare; plan --worktree shows uncommitted changes"))
        try write("two")
        try await repository.commit("More")
        #expect(try await !Tool.run(["plan", "--format", format], in: clone).text.contains("nothing to compare"))
        try await repository.git("branch", "old", "HEAD~1")
        let behind = try await Tool.run(["plan", "--base", "main", "--head", "old", "--format", format], in: clone)
        #expect(behind.text.contains("old has no commits that main does not have: nothing to compare"))
    }

    @Test(arguments: ["text", "markdown", "json", "github"])
    func `jobs that depend on a job that runs again are named`(format: String) async throws {
        try write("prepare")
        try write("train") { $0.more = [#""dependsOn": ["prepare"]"#, #""rerun": 2"#] }
        try write("paused") { $0.more = [#""dependsOn": ["prepare"]"#, #""runPolicy": {"suspend": true}"#] }
        try write("too") { $0.more = [#""dependsOn": ["prepare"]"#] }
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        try write("prepare") { $0.more = [#""rerun": 1"#] }
        try write("too") { $0.more = [#""dependsOn": ["prepare"]"#, #""rerun": 1"#] }
        try await repository.commit("Prepare again")
        let plan = try await Tool.run(["plan", "--base", "main", "--format", format], in: repository.clone)
        #expect(plan.code == 0)
        let text = plan.text.replacing("\\\"", with: "\"")
        #expect(text.contains("train depends on prepare and is not run again; set its \"rerun\": 3 to run it again"))
        #expect(!text.contains("paused depends"))
        #expect(!text.contains("too depends"))
    }

    @Test
    func `a name that is markup does nothing in a comment but appear`() async throws {
        try await repository.publish("Base")
        try await repository.git("checkout", "--quiet", "-b", "change")
        try write("new") {
            $0.more = [#""environment": {"A": "`</code>|<img src=x>\u001b[31m\u202e @everyone"}"#]
        }
        try await repository.commit("Add")
        let plan = try await Tool.run(["plan", "--base", "main", "--format", "markdown"], in: repository.clone)
        let row = try #require(plan.text.split(separator: "\n").first { $0.contains("img src") })
        #expect(
            row.contains(#"`` {"A": "`</code>\|<img src=x>\u001b[31m\u202e @everyone"} ``"#) || row.contains("``{")
        )
        #expect(!plan.text.contains("\u{1B}"))
        #expect(!plan.text.contains("\u{202E}"))
    }

    @Test
    func `a running service tells which jobs run`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("run").text, to: scene.path("runs"))
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("done"))
        try await scene.repository.publish("Base")
        let service = try await scene.serve()
        try await service.job("runs", reaches: "running")
        try await service.job("done", reaches: "succeeded")
        try await scene.repository.git("checkout", "--quiet", "-b", "change")
        try scene.repository.write(scene.job("run", "again").text, to: scene.path("runs"))
        try scene.repository.write(scene.job("exit", "1").text, to: scene.path("done"))
        try await scene.repository.commit("Change")
        let arguments = ["plan", "--base", "main", "--server", service.url.absoluteString]
        let text = try await Tool.run(arguments, in: scene.repository.clone).text
        #expect(text.contains(/team-a\/runs restarts: .*; it runs since 20\d\d-/))
        #expect(text.contains("team-a/done runs again; run 1 succeeded\n"))
        #expect(
            text.contains(
                "default/team-a   CPU 0.200   memory 128Mi   GPU 0   running now: CPU 0.100, memory 64Mi, GPU 0\n"
            )
        )
        let markdown = try await Tool.run(arguments + ["--format", "markdown"], in: scene.repository.clone).text
        #expect(
            markdown.contains(
                "> ⚠️ **One job restarts**, and what is not saved in a checkpoint is lost: `default/team-a/runs`"
            )
        )
        #expect(markdown.contains("| runs again; run 1 succeeded |"))
        #expect(markdown.contains("| CPU 0.100, memory 64Mi, GPU 0 |\n"))
        let (_, json) = try await Tool.json(arguments + ["--format", "json"], in: scene.repository.clone)
        #expect(json.actions.elements.map(\.state.text)[0] == "run 1 succeeded")
        #expect(json.resources[0].running.cpu.text == "0.100")
        try await scene.repository.git("checkout", "--quiet", "--force", "main")
        try await scene.end(service)
    }

    @Test
    func `with a service, jobs that wait for a failed one are shown as the service says it`() async throws {
        let scene = try await Scene()
        try scene.repository.write(scene.job("exit", "1").text, to: scene.path("first"))
        let second = scene.job("run") { $0.more.append(#""dependsOn": ["first"]"#) }
        try scene.repository.write(second.text, to: scene.path("second"))
        try await scene.repository.publish("Base")
        let service = try await scene.serve()
        try await service.job("first", reaches: "failed")
        let reason = "first failed (run 1); starts when a later run of it succeeds"
        try await eventually("the second job says why it waits") {
            try await service.job("second")?.status.message.text == reason
        }
        try await scene.repository.git("checkout", "--quiet", "-b", "change")
        try scene.repository.write(scene.job("exit", "0").text, to: scene.path("first"))
        try await scene.repository.commit("Mend")
        let arguments = ["plan", "--base", "main", "--server", service.url.absoluteString]
        let mended = try await Tool.run(arguments, in: scene.repository.clone).text
        #expect(mended.contains("team-a/first runs again; run 1 failed; second waits for it: \(reason)\n"))
        #expect(!mended.contains("depends on"))
        let changed = second.with { $0.args = ["run", "x"] }
        try scene.repository.write(changed.text, to: scene.path("second"))
        try await scene.repository.commit("Change the second")
        let text = try await Tool.run(arguments, in: scene.repository.clone).text
        #expect(text.contains("team-a/second starts as changed; it is queued now: \(reason)\n"))
        try await scene.repository.git("checkout", "--quiet", "--force", "main")
        try await scene.end(service)
    }
}
