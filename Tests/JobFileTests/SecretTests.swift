import Foundation
import JobFile
import Jobs
import TestSupport
import Testing

@Suite
struct SecretTests {
    @Test(arguments: [
        "PASSWORD", "TOKEN", "TOKEN1", "1TOKEN", "dbPassword", "DBToken", "TOKENid", "TokenID", "OPENAI_APIKEY",
        "openaiApikey", "DBPASSWORD",
        "MYSQLPASSWD", "AWS_SECRETKEY", "xSECRETKEYx", "api-key", "API_KEY_2", "key", "my.Secret.Name",
        "AWS_CREDENTIALS", "TOKENS",
        "KEYS", "passwordless", "Key9", "accessKeyId", "K\u{E9}Y_TOKEN",
    ])
    func `a variable is secret by a word of its name`(name: String) {
        #expect(Job.namesSecret(name))
    }

    @Test(arguments: [
        "", "MONKEY", "KEYBOARD", "TOKENIZER", "tokenizers_parallelism", "Monkey", "SECRETARY", "OMP_NUM_THREADS",
        "hotkey", "KEYED",
        "PASS", "CREDENTIALED", "Turkey1", "TOKE_N", "K_EY", "TOKENSX",
    ])
    func `a part of another word makes no secret`(name: String) {
        #expect(!Job.namesSecret(name))
    }

    private static let key = JobKey(cluster: "default", partition: "team-a", id: "mnist")

    /// What an older version accepted, and this one does not.
    @Test(arguments: [#""A\u001b[31m": "x""#, #""A\u0085": "x""#, #""TOKEN1": "***""#])
    func `a definition in force is read under the rules that accepted it`(member: String) throws {
        let text = JobText().with { $0.more = ["\"environment\": {\(member)}"] }.text
        let file = JobFile.read(Array(text.utf8), at: Self.key)
        #expect(file.job == nil)
        #expect(file.issues.map(\.severity) == [.error])
        let inForce = JobFile.read(Array(text.utf8), at: Self.key, under: .whenAccepted)
        #expect(inForce.issues.isEmpty)
        #expect(inForce.job?.environment?.count == 1)
    }

    /// `hunter2` stands where a value of a variable stands, or where a slip of the hand puts one.
    @Test(arguments: [
        #"{"environment": {"A": {"hunter2": 1, "hunter2": 2}}}"#, #"{"environment": "PASSWORD=a,hunter2=b,hunter2=c"}"#,
        #"{"environment": "TFJOB_hunter2=b"}"#, #"{"enviroment": "A=b,hunter2=c"}"#,
        #"{"environment": "PASSWORD=a,hunter2"}"#,
        #"{"environment": {"A": "x", "hun","hunter2"}}"#, #"{"environment": {"TOKEN": "a","hunter2 b": {"c" 1}}}"#,
        #"{"spec": {"environment": {"TOKEN": "a","hunter2": [1 2]}}}"#, #"{"environment": ["hunter2=1"]}"#,
        #"{"environment": [{"name": "PASSWORD", "value": "hunter2"}]}"#,
        #"{"\u0065nvironment": "PASSWORD=a,hunter2=c"}"#,
        #"{"environment": hunter2}"#, #"{"environment": 'hunter2'}"#, #"{"environment": {"A": hunter2}}"#,
    ])
    func `no value is in a pointer or a message`(text: String) {
        let issues = JobFile.read(Array(text.utf8), at: Self.key).issues
        #expect(!issues.isEmpty)
        for issue in issues {
            #expect(!"\(issue.pointer) \(issue.message)".contains("hunter2"), "\(issue)")
        }
    }
}
