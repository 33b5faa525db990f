"""Who runs an application: told by the folder and the name of its image."""

from textwrap import dedent

from conftest import Check


def test_an_application_is_what_runs_an_image_of_its_name(check: Check) -> None:
    files = {
        "compose.yaml": """
            services:
              mail: {image: "shop/mail-service:1", links: [store]}
              first: {image: shop/twice}
              second: {image: shop/twice}
              login: {image: shop/login}
            """,
        "mail-service/src/main/resources/application.yml": "spring: {application: {name: mailer}}\nlogin: {url: 'http://login:80'}\n",
        "login/src/main/resources/kept/mailer.yml": "spring: {application: {name: mailer}}\n",
        "login/src/main/resources/kept/post.yml": "spring: {application: {name: post}}\nmail: {url: 'http://mail:80'}\n",
        "twice/src/main/resources/application.yml": "spring: {application: {name: twice}}\nlogin: {url: 'http://login:80'}\n",
    }
    graph = check({path: dedent(text) for path, text in files.items()}).graph
    edges = {(edge.source.name, edge.kind, edge.target.name) for edge in graph.dependencies}
    assert edges == {("mail", "calls", "login"), ("post", "calls", "mail"), ("twice", "calls", "login")}


def test_images_for_docker_have_its_profile_on(check: Check) -> None:
    files = {
        "compose.yaml": """
            services:
              mail: {image: shop/mail}
              login: {image: shop/login}
              stock: {image: shop/stock, environment: {SPRING_PROFILES_ACTIVE: prod}}
            """,
        **{
            f"{name}/src/main/resources/application.yml": f"""
                spring: {{application: {{name: {name}}}}}
                login: {{url: 'http://localhost:80'}}
                ---
                spring: {{config: {{activate: {{on-profile: docker}}}}}}
                login: {{url: 'http://login:80'}}
                """
            for name in ("mail", "stock")
        },
    }
    graph = check({path: dedent(text) for path, text in files.items()}).graph
    assert [(edge.source.name, edge.target.name) for edge in graph.dependencies] == [("mail", "login")]


def test_who_logs_in_is_told_where_the_server_is_elsewhere(check: Check) -> None:
    local = "url: 'jdbc:mysql://localhost/a', username: root"
    files = {
        "compose.yaml": """
            services:
              near: {image: shop/near}
              far: {image: shop/far, environment: {SPRING_DATASOURCE_URL: 'jdbc:mysql://db/a'}}
              said: {image: shop/said, environment: {SPRING_DATASOURCE_URL: 'jdbc:mysql://db/a', SPRING_DATASOURCE_USERNAME: me}}
            """,
        **{
            f"{name}/src/main/resources/application.yml": f"spring: {{application: {{name: {name}}}, datasource: {{{local}}}}}\n"
            for name in ("near", "far", "said")
        },
    }
    graph = check({path: dedent(text) for path, text in files.items()}).graph
    found = {
        (one.service.name, one.value) for one in graph.settings if one.key == "spring.datasource.username"
    }
    assert found == {("far", "root")}
