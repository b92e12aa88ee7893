import Testing

@testable import Service

struct RepositoryClaimTests {
    @Test(arguments: [
        "https://git.example.org/ml/jobs.git", "https://git.example.org/ml/jobs",
        "https://ann@Git.Example.org/ml/jobs/",
        "https://git.example.org:443/ml//jobs.git", "ssh://git@git.example.org/ml/jobs.git",
        "ssh://git@git.example.org:22/ml/jobs.git", "git@git.example.org:ml/jobs.git", "git.example.org:/ml/jobs",
    ])
    func `the ways to write a repository have one place`(url: String) {
        #expect(RepositoryClaim.place(ofURL: url) == "git.example.org/ml/jobs")
    }

    @Test(arguments: [
        "https://git.example.org/ml/jobs2.git", "https://git.example.org:8443/ml/jobs.git",
        "git@example.org:ml/jobs.git",
        "https://git.example.org/ML/jobs.git",
    ])
    func `other repositories have other places`(url: String) {
        #expect(RepositoryClaim.place(ofURL: url) != "git.example.org/ml/jobs")
    }
}
